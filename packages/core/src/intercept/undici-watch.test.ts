import type { CallGate, Exchange } from '../exchange.js';
import { Watch } from './undici-watch.js';

it('an exchange that broke off hears nothing more, whatever its handler is told', () => {
  const told: string[] = [];
  const exchange = {
    answered: () => told.push('answered'),
    lost: () => told.push('lost'),
    unsent: () => told.push('unsent'),
  } as unknown as Exchange;
  const watch = new Watch({ exchange, hasBody: false, resend: () => {}, gate: {} as CallGate, context: undefined });
  watch.sent();
  watch.failed(new Error('reset'));
  watch.failed(new Error('again'));
  watch.answered(200, []);
  watch.end();
  expect(told).toEqual(['lost']);
});
