import type { Case } from './case.js';
import type { HeardError } from './cell.js';
import type { Framework } from './program.js';

/** Where an error comes up. */
export type Moment = 'handler' | 'problem' | 'first part' | 'second part';

const BOTH = ['Sentry', 'app'];
const ALONE = ['app'];
/** Koa tells of a body's error twice: of the body, and of the response that is destroyed with it. */
const TWICE = ['app', 'app'];

/** Which hooks of the app get it. A body's error goes past Nest's filters; Fastify hands it back before the first byte. */
const HOOKS: Record<Framework, Record<Moment, readonly string[]>> = {
  'Express 5': { handler: BOTH, problem: BOTH, 'first part': BOTH, 'second part': BOTH },
  'Koa 3': { handler: BOTH, problem: [], 'first part': ALONE, 'second part': TWICE },
  'Nest 12 on Express': { handler: ALONE, problem: ALONE, 'first part': [], 'second part': [] },
  'Nest 12 on Fastify': { handler: ALONE, problem: ALONE, 'first part': ALONE, 'second part': [] },
};

/** Every hook got one and the same error, with nothing private that a logger would write. */
export function expectHeard({ framework, cell }: Case, moment: Moment, error: Partial<HeardError>): void {
  const hooks = HOOKS[framework][moment];
  expect(cell.heard).toMatchObject(
    hooks.map((hook, index) => ({ ...error, hook, isHeardBefore: index > 0, written: [] })),
  );
}
