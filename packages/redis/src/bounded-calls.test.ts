import { BoundedCalls } from './bounded-calls.js';

const never = () => new Promise<never>(() => {});

test('a question is answered as the server answers it', async () => {
  const calls = new BoundedCalls(10_000);
  expect(await calls.ask(async () => 1)).toBe(1);
  await expect(calls.ask(() => Promise.reject(new Error('OOM')))).rejects.toThrow('OOM');
});

test('nobody waits longer than the deadline', async () => {
  await expect(new BoundedCalls(5).ask(never)).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: expect.stringContaining('did not answer within 5 ms'),
  });
});

test('while a thousand are without an answer past their deadline, no more are put to the server', async () => {
  const calls = new BoundedCalls(1);
  const question = jest.fn(never);
  await Promise.allSettled(Array.from({ length: 1_000 }, () => calls.ask(question)));
  await expect(calls.ask(question)).rejects.toThrow('did not answer');
  expect(question).toHaveBeenCalledTimes(1_000);
});

test('and once they are answered, all goes on', async () => {
  const calls = new BoundedCalls(1);
  const waiting: (() => void)[] = [];
  const question = () => new Promise<void>((resolve) => void waiting.push(resolve));
  await Promise.allSettled(Array.from({ length: 1_000 }, () => calls.ask(question)));
  for (const answer of waiting) answer();
  await new Promise((resolve) => setImmediate(resolve));
  expect(await calls.ask(async () => 'on time', 10_000)).toBe('on time');
});

test('a patient question has no deadline, and counts as unanswered past it', async () => {
  const calls = new BoundedCalls(5);
  let answer = (_: string) => {};
  const late = calls.askPatiently(() => new Promise<string>((resolve) => (answer = resolve)));
  for (let call = 0; call < 998; call++) void calls.askPatiently(never);
  await expect(calls.ask(never, 100)).rejects.toThrow('did not answer');
  await expect(calls.ask(async () => 'too many')).rejects.toThrow('did not answer');
  answer('late');
  expect(await late).toBe('late');
  expect(await calls.ask(async () => 'on time', 10_000)).toBe('on time');
});
