import { fork } from 'node:child_process';

/**
 * Runs a file in a process of its own: its CPU is not counted, and it shares no event loop. It ends with its parent.
 *
 * @returns the child, and the first message that it sends
 */
export function startChild(file, args = [], options = {}) {
  const child = fork(new URL(file, import.meta.url), args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    ...options,
  });
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve({ child, message }));
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code} before it was ready`)));
  });
}

/** Runs `use` with the URL of a server in a child, which sends the port that it listens on. */
export async function withServer(file, use) {
  const { child, url } = await startServer(file);
  try {
    return await use(url);
  } finally {
    child.kill();
  }
}

/** A child that sends the port that it listens on. */
export async function startServer(file, args, options) {
  const { child, message: port } = await startChild(file, args, options);
  return { child, url: `http://127.0.0.1:${port}` };
}
