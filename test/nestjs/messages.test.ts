import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Budget, CostLabels, CostModule, type CostScope, Costs } from '@eden-cost/nestjs';
import { type ArgumentsHost, Catch, Controller, type ExceptionFilter, Injectable, UseFilters } from '@nestjs/common';
import { type ClientProxy, ClientProxyFactory, MessagePattern, Payload, Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { firstValueFrom, throwError } from 'rxjs';
import { WebSocket } from 'ws';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { CANARIES } from '../support/canaries.js';
import { type NestOptions, useNest } from './kit.js';

const kit = useNest();
const chat = async (costUsd: number) =>
  readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));

const cost = {
  labels: () => ({ tenant: CANARIES.label }),
  budgets: [{ name: CANARIES.budget, limitUsd: 1, window: 'day', by: 'tenant' } as const],
};

@Controller()
@Injectable()
@WebSocketGateway()
@CostLabels({ feature: 'messages' })
class Messages {
  @MessagePattern('ask')
  @SubscribeMessage('ask')
  async ask(@Costs() costs: CostScope) {
    await chat(0.5);
    return { event: 'answer', data: { totalUsd: costs.totalUsd, labels: costs.labels } };
  }

  @MessagePattern('budget')
  @SubscribeMessage('budget')
  @Budget()
  async budget() {
    await chat(0.5);
    return { event: 'answer', data: 'ok' };
  }
}

const ANSWER = { event: 'answer', data: { totalUsd: 0.5, labels: { tenant: CANARIES.label, feature: 'messages' } } };

describe('budgets without a name', () => {
  const budget = { limitUsd: 1, window: 'day' } as const;
  function handlerOf(pattern: string, mark: MethodDecorator) {
    @Controller()
    class Twin {
      @MessagePattern(pattern)
      @mark
      ask() {}
    }
    return Twin;
  }

  test('of two classes that are called the same are refused, as they would be one budget', async () => {
    const controllers = [handlerOf('docs', Budget({ ...budget })), handlerOf('images', Budget({ ...budget }))];
    await expect((await kit.create({ controllers, cost })).init()).rejects.toThrow(
      'Twin.ask has a budget without a name, and so has that of another class called Twin: give them names',
    );
  });

  test('of a class that two modules have are one', async () => {
    const Twin = handlerOf('docs', Budget({ ...budget }));
    class Other {}
    const app = await kit.create({ controllers: [Twin], imports: [{ module: Other, controllers: [Twin] }], cost });
    await expect(app.init()).resolves.toBe(app);
  });

  test('with names, classes may be called the same', async () => {
    const controllers = ['docs', 'images'].map((name) => handlerOf(name, Budget({ ...budget, name })));
    const app = await kit.create({ controllers, cost });
    await expect(app.init()).resolves.toBe(app);
  });
});

describe('a microservice', () => {
  let client: ClientProxy | undefined;
  afterEach(() => client?.close());

  async function connect(controller: new () => object, inheritAppConfig = true, imports: NestOptions['imports'] = []) {
    const app = await kit.create({ controllers: [controller], cost, imports });
    const service = app.connectMicroservice(
      { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } },
      { inheritAppConfig },
    );
    await app.startAllMicroservices();
    const server = service.unwrap<{ address(): AddressInfo }>?.() ?? (service as never as OldService).server.server;
    const { port } = server.address();
    client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } });
    return (pattern: string) => firstValueFrom((client as ClientProxy).send(pattern, {}));
  }
  /** Nest 10. */
  interface OldService {
    readonly server: { readonly server: { address(): AddressInfo } };
  }

  test('has a scope and a line for each message', async () => {
    const send = await connect(Messages);
    expect(await send('ask')).toEqual(ANSWER);
    expect(await send('ask')).toEqual(ANSWER);
    expect(kit.costLines().map(({ edenai, req }) => [edenai.costNanos, edenai.labels, req])).toEqual(
      Array(2).fill([500_000_000, ANSWER.data.labels, undefined]),
    );
  });

  test.each([false, true])(
    'meters each message once, and holds it to budgets, with inheritAppConfig: %s',
    async (inherit) => {
      @Controller()
      class Hybrid {
        @MessagePattern('ask')
        async ask(@Costs() costs: CostScope) {
          await chat(0.5);
          return costs.labels;
        }
        @MessagePattern('brings')
        @Budget({ limitUsd: 0, window: 'day' })
        brings() {
          return chat(0.5);
        }
      }
      const send = await connect(Hybrid, inherit);
      expect(await send('ask')).toEqual({ tenant: CANARIES.label });
      const brought = await send('brings').catch((reason: unknown) => reason);
      expect(brought).toMatchObject({ status: 'error', ...(inherit && { code: 'ERR_COST_BUDGET_EXCEEDED' }) });
      expect(await send('ask')).toEqual({ tenant: CANARIES.label });
      await expect(send('ask')).rejects.toMatchObject({ status: 'error' });
      expect(kit.eden.requests()).toHaveLength(2);
      expect(kit.costLines().map(({ edenai }) => [edenai.costNanos, edenai.deniedCalls])).toEqual([
        [500_000_000, 0],
        [0, 1],
        [500_000_000, 0],
        [0, 1],
      ]);
    },
  );

  test('is metered once where there are several modules', async () => {
    const send = await connect(Messages, false, [CostModule.forRoot({ labels: () => ({ second: 'yes' }) })]);
    expect(await send('ask')).toMatchObject({ data: { totalUsd: 0.5 } });
    expect(kit.costLines()).toHaveLength(1);
  });

  test('answers a denial in the form of Nest, with its code and nothing private', async () => {
    const send = await connect(Messages);
    await send('ask');
    await send('ask');
    for (const pattern of ['ask', 'budget']) {
      const error = await send(pattern).catch((reason: unknown) => reason);
      expect(error).toEqual({
        status: 'error',
        message: 'The AI budget for this request is used up',
        code: 'ERR_COST_BUDGET_EXCEEDED',
      });
    }
    expect(kit.eden.requests()).toHaveLength(2);
  });

  test("lets the app's own filter see the typed error", async () => {
    @Catch()
    class Kind implements ExceptionFilter {
      catch(error: { code: string }, host: ArgumentsHost) {
        return throwError(() => ({ kind: host.getType(), code: error.code }));
      }
    }
    @Controller()
    class Filtered {
      @MessagePattern('ask')
      @UseFilters(Kind)
      async ask(@Payload() _payload: unknown) {
        await chat(1);
        await chat(1);
      }
    }
    const send = await connect(Filtered);
    await expect(send('ask')).rejects.toEqual({ kind: 'rpc', code: 'ERR_COST_BUDGET_EXCEEDED' });
  });
});

describe('a gateway', () => {
  let socket: WebSocket | undefined;
  afterEach(() => socket?.close());

  async function connect(gateway: new () => object) {
    const { url } = await kit.serve({
      providers: [gateway],
      cost,
      prepare: (app) => app.useWebSocketAdapter(new WsAdapter(app)),
    });
    const opened = new WebSocket(url.replace('http', 'ws'));
    socket = opened;
    await once(opened, 'open');
    return async (event: string) => {
      opened.send(JSON.stringify({ event, data: {} }));
      const [message] = await once(opened, 'message');
      return JSON.parse(String(message));
    };
  }

  test('has a scope and a line for each message', async () => {
    const send = await connect(Messages);
    expect(await send('ask')).toEqual(ANSWER);
    expect(await send('ask')).toEqual(ANSWER);
    expect(kit.costLines().map(({ edenai }) => edenai.costNanos)).toEqual([500_000_000, 500_000_000]);
  });

  test("lets the gateway's own filter see the typed error", async () => {
    @Catch()
    class Kind implements ExceptionFilter {
      catch(error: { code: string }, host: ArgumentsHost) {
        host
          .switchToWs()
          .getClient<WebSocket>()
          .send(JSON.stringify({ kind: host.getType(), code: error.code }));
      }
    }
    @WebSocketGateway()
    @UseFilters(new Kind())
    class Filtered {
      @SubscribeMessage('ask')
      async ask(@MessageBody() _body: unknown) {
        await chat(1);
        await chat(1);
      }
    }
    const send = await connect(Filtered);
    expect(await send('ask')).toEqual({ kind: 'ws', code: 'ERR_COST_BUDGET_EXCEEDED' });
  });
});
