import { expectNothingPrivate } from '../support/canaries.js';
import { parseAnswer, type RawAnswer } from '../support/raw-http.js';
import { type Case, codeOf, receivedOf, statusOf } from './case.js';
import { expectHeard, type Moment } from './hooks.js';
import { KINDS, type Kind } from './kinds.js';

const REASONS: Record<number, string> = { 402: 'Payment Required', 503: 'Service Unavailable' };

/** The framework's own answer, with the configured status, and hooks that got one typed error. */
export function expectDenied(of: Case, moment: Moment = 'handler'): void {
  const { denial, method, problem }: Kind = KINDS[of.kind];
  const answer = parseAnswer(of.cell.text, method);
  const status = statusOf(of);
  expect([answer.status, answer.reason]).toEqual([status, REASONS[status]]);
  expect(answer.headers['retry-after'] !== undefined).toBe(denial === 'spent');
  expectBody(of, answer);
  expectNothingPrivate({ text: answer.text.replaceAll(/urn:eden-cost:|ERR_COST_/g, '') });
  expectHeard(of, problem ? 'problem' : moment, { code: codeOf(of), status, isTyped: true, isOfThrown: true });
  expect([of.cell.denied, of.cell.received]).toEqual([1, receivedOf(of)]);
}

function expectBody(of: Case, { status, headers, body }: RawAnswer): void {
  const { problem, method }: Kind = KINDS[of.kind];
  const type = typeOf(of);
  expect(headers['content-type']?.split(';')[0]).toBe(type);
  if (method === 'HEAD') expect(body).toBe('');
  else if (type.endsWith('json')) expect(JSON.parse(body)).toMatchObject({ status, code: codeOf(of) });
  else if (problem) expect(body).toBe('Payment Required');
}

function typeOf({ framework, kind }: Case): string {
  const { problem, accept }: Kind = KINDS[kind];
  if (framework.startsWith('Nest')) return 'application/json';
  if (problem) return accept === 'text/plain' ? accept : 'application/problem+json';
  return framework === 'Express 5' ? 'text/html' : 'text/plain';
}

/**
 * The app has its client's own error, after as many attempts as without a meter. Only a plain fetch, whose 402 would go
 * unnoticed, has ours.
 */
export function expectCaught(of: Case): void {
  const { cell, plain } = of;
  const { status, body } = parseAnswer(cell.text);
  expect([status, JSON.parse(body)]).toEqual([200, { handled: true }]);
  expect(cell.heard).toEqual([]);
  expect([cell.denied, cell.received]).toEqual([plain.received, receivedOf(of)]);
  expect(plain.caught).toMatchObject({ status: 402, isTyped: false });
  const { message: _message, code: _code, ...same } = { ...plain.caught };
  const typed = { code: codeOf(of), status: statusOf(of), isTyped: true };
  const own = KINDS[of.kind].denial === 'spent' ? same : plain.caught;
  expect(cell.caught).toMatchObject({ ...(of.client === 'fetch' ? typed : own) });
}

/** An error of the app's own is what it was, whatever else happened in the request. */
export function expectMistake(of: Case): void {
  expect(parseAnswer(of.cell.text).status).toBe(500);
  expect(of.cell.caught?.status).toBe(402);
  expect(of.cell.text).not.toContain('canary');
  expectHeard(of, 'handler', { name: 'TypeError', isTyped: false, isThrown: true });
}

/** What has begun cannot be answered otherwise any more: it breaks off. */
export function expectBrokenOff(of: Case): void {
  const { text, denied, received } = of.cell;
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]+begun/);
  expect(text).not.toMatch(/\r\n0\r\n\r\n$|not to be sent/);
  expectNothingPrivate({ text });
  expectHeard(of, 'second part', { code: codeOf(of), isTyped: true, isOfThrown: true });
  expect([denied, received]).toEqual([1, 1]);
}
