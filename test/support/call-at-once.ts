import { once } from 'node:events';
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';

const nothing = () => {};

/** Calls an app as serverless-http does in a function of a cloud: its socket has taken what is written before `write` returns. */
export async function callAtOnce(app: RequestListener, url: string): Promise<void> {
  const request = Object.assign(new IncomingMessage(new PassThrough() as never), {
    method: 'GET',
    url,
    complete: true,
  });
  const response = new ServerResponse(request);
  const write = (_data: unknown, ...rest: (string | (() => void) | undefined)[]) => {
    for (const done of rest) if (typeof done === 'function') done();
    return true;
  };
  const stub = { on: nothing, removeListener: nothing, destroy: nothing, cork: nothing, uncork: nothing };
  response.assignSocket({ _writableState: {}, writable: true, ...stub, write } as never);
  const finished = once(response, 'finish');
  app(request, response);
  await finished;
}
