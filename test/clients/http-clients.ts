import http, {
  Agent,
  type ClientRequest,
  type ClientRequestArgs,
  type IncomingMessage,
  request as named,
  type RequestOptions,
} from 'node:http';
import https from 'node:https';
import { createRequire } from 'node:module';
import net, { type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import agentBase from 'agent-base6';
import FormData from 'form-data';
import { type Answer, type Ask, type Client, type ClientName, FILE } from './client.js';

const { request: destructured } = createRequire(import.meta.url)('node:http') as typeof http;

type Request = (options: RequestOptions, answered: (response: IncomingMessage) => void) => ClientRequest;

/** The clients that use node:http directly, each reaching it in another way. */
export function httpClients(tls: https.AgentOptions) {
  const single = new Agent({ keepAlive: true, maxSockets: 1 });
  const extended = new ExtendedAddRequest();
  const own = new OwnAddRequest();
  const based = agentBase(async (_request, { host, port }) => net.connect(Number(port), String(host)));
  const secure = new https.Agent({ ...tls, keepAlive: true });
  const connect = ({ host, port }: ClientRequestArgs) => net.connect(Number(port), String(host));
  const viaAgent =
    (agent: Agent | false): Request =>
    (options, answered) =>
      http.request({ ...options, agent }, answered);
  return {
    'http.request': client((options, answered) => http.request(options, answered)),
    'http.request over https': {
      ...client((options, answered) => https.request({ ...options, agent: secure }, answered)),
      over: 'https',
    },
    'request, a named import': client((options, answered) => named(options, answered)),
    'request, destructured from require': client((options, answered) => destructured(options, answered)),
    'an agent that keeps one connection alive': client(viaAgent(single)),
    'no agent': client(viaAgent(false)),
    'an agent that extends addRequest': client(viaAgent(extended)),
    'an agent with its own addRequest': client(viaAgent(own)),
    'agent-base 6': client(viaAgent(based as unknown as Agent)),
    'a connection of its own': client((options, answered) =>
      http.request({ ...options, createConnection: connect }, answered),
    ),
    'headers as an array': client(({ headers, ...options }, answered) =>
      http.request({ ...options, headers: Object.entries(headers ?? {}).flat() as never }, answered),
    ),
  } satisfies Partial<Record<ClientName, Client>>;
}

/** Not documented, and still extended by agents that count or time their requests. */
class ExtendedAddRequest extends Agent {
  addRequest(...args: unknown[]): void {
    const common = Agent.prototype as unknown as { addRequest(...args: unknown[]): void };
    common.addRequest.apply(this, args);
  }
}

/** As some agents do, and old proxies' agents: it never calls the common method. */
class OwnAddRequest extends Agent {
  addRequest(request: ClientRequest, { host, port }: ClientRequestArgs): void {
    request.onSocket(net.connect(Number(port), String(host)) as Socket);
  }
}

const client = (request: Request): Client => ({ send: (ask) => send(request, ask) });

function send(request: Request, { url, method, headers, json, form }: Ask): Promise<Answer> {
  const { protocol, hostname, port, pathname, search, host } = new URL(url);
  const data = form && formOf(form);
  const body = json && JSON.stringify(json);
  const sent = {
    ...{ host, ...headers, ...data?.getHeaders() },
    ...(body && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
  };
  return new Promise((resolve, reject) => {
    const options = { protocol, host: hostname, port, path: pathname + search, method, headers: sent };
    const outgoing = request(options, (response) => {
      text(response).then((all) => resolve({ status: response.statusCode ?? 0, text: all }), reject);
    });
    outgoing.on('error', reject);
    if (data === undefined) outgoing.end(body);
    else data.pipe(outgoing);
  });
}

export function formOf(fields: Readonly<Record<string, string>>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  data.append('file', FILE, { filename: 'a.mp3', contentType: 'audio/mpeg' });
  return data;
}
