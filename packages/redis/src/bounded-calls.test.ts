import { BoundedCalls } from './bounded-calls.js';

const never = () => new Promise<never>(() => {});

test('a question is answered as the server answers it', async () => {
  const calls = new BoundedCalls(10_000);
  expect(await calls.ask(async () => 1)).toBe(1);
  await expect(calls.ask(() => Promise.reject(new Error('OOM')))).rejects.toThrow('OOM');
});

test('nobody waits longer than the deadline, and a late answer is told', async () => {
  const calls = new BoundedCalls(5);
  let answer = (_reply: unknown): void => {};
  const question = () => new Promise((resolve) => (answer = resolve));
  const late = new Promise((resolve) => {
    const asked = calls.ask(question, { answered: resolve, failed: () => {} });
    expect(asked)
      .rejects.toThrow('did not answer within 5 ms')
      .then(() => answer('late'));
  });
  expect(await late).toBe('late');
});

test('a question that will not be answered is told, with the reason', async () => {
  const calls = new BoundedCalls(10_000);
  const failed = jest.fn();
  const gone = new Error('Connection is closed.');
  await expect(calls.ask(() => Promise.reject(gone), { answered: () => {}, failed })).rejects.toBe(gone);
  expect(failed.mock.calls).toEqual([[gone]]);
});

test('while a thousand are without an answer past their deadline, no more are put to the server', async () => {
  const calls = new BoundedCalls(1);
  const question = jest.fn(never);
  await Promise.allSettled(Array.from({ length: 1_000 }, () => calls.ask(question)));
  const failed = jest.fn();
  await expect(calls.ask(question, { answered: () => {}, failed })).rejects.toThrow('did not answer');
  expect(question).toHaveBeenCalledTimes(1_000);
  expect(failed).toHaveBeenCalledTimes(1);
});

test('and once they are answered, all goes on', async () => {
  const calls = new BoundedCalls(1);
  const waiting: (() => void)[] = [];
  const question = () => new Promise<void>((resolve) => void waiting.push(resolve));
  await Promise.allSettled(Array.from({ length: 1_000 }, () => calls.ask(question)));
  for (const answer of waiting) answer();
  await new Promise((resolve) => setImmediate(resolve));
  expect(await new Promise((resolve) => resolve(calls.ask(async () => 'on time', undefined, 10_000)))).toBe('on time');
});
