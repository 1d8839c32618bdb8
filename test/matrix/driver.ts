import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { EdenStandIn } from '@eden-cost/testing';
import { CANARIES } from '../support/canaries.js';
import { rawBytes } from '../support/raw-http.js';
import { type Route, USER } from './app.js';
import type { Cell, HeardError } from './cell.js';
import { type Asker, CLIENTS, type ClientName } from './client-names.js';
import { UNPAID } from './eden-answers.js';
import { factsOf } from './error-facts.js';
import { KIND_NAMES, KINDS, type Kind, type KindName } from './kinds.js';

/** What the request that is under way has come to so far: there is one at a time. */
class Run {
  thrown: unknown;
  caught: unknown;
  readonly errors: unknown[] = [];
  readonly heard: HeardError[] = [];
  denied = 0;
}

const pathOf = (client: ClientName, kind: KindName) => `/${CLIENTS.indexOf(client)}/${KIND_NAMES.indexOf(kind)}`;

/** Has every client denied in every way, one after the other. */
export class Driver {
  #run = new Run();
  #users = 0;
  readonly routes: Route[];

  constructor(
    private readonly eden: EdenStandIn,
    private readonly askers: Readonly<Record<ClientName, Asker>>,
  ) {
    this.routes = CLIENTS.flatMap((client) => KIND_NAMES.map((kind) => this.#route(client, kind)));
  }

  readonly heard = (hook: string, error: unknown): void => {
    const { thrown, errors, heard } = this.#run;
    heard.push({
      ...factsOf(error),
      hook,
      isThrown: error === thrown,
      isOfThrown: (error as Error).cause === thrown,
      isHeardBefore: errors.includes(error),
      written: inspect({ ...(error as Error) }, { depth: 6 }).match(/canary-(key|prompt|header|body)/g) ?? [],
    });
    errors.push(error);
  };

  readonly denied = (): void => {
    this.#run.denied += 1;
  };

  /** A user without any budget left; one anew has it all. */
  async spend(url: string, client: ClientName): Promise<void> {
    await rawBytes(url + pathOf(client, 'a spent budget'), { headers: { [USER]: CANARIES.label } });
  }

  async drive(url: string, client: ClientName, name: KindName): Promise<Cell> {
    const { part, denial, method, accept }: Kind = KINDS[name];
    this.#run = new Run();
    const { heard } = this.#run;
    const before = this.eden.books().requests;
    this.#users += 1;
    const user = denial === 'spent' && part !== 'second' ? CANARIES.label : `${CANARIES.label}-${this.#users}`;
    const headers = { [USER]: user, ...(accept && { accept }) };
    const text = await rawBytes(url + pathOf(client, name), { headers, ...(method && { method }) });
    await nextTurn(); // a hook may come after the last byte
    const { thrown, caught, denied } = this.#run;
    return {
      ...{ text, heard, denied, received: this.eden.books().requests - before },
      ...(thrown !== undefined && { thrown: factsOf(thrown) }),
      ...(caught !== undefined && { caught: factsOf(caught) }),
    };
  }

  #route(client: ClientName, name: KindName): Route {
    const kind: Kind = KINDS[name];
    const ask = () => this.askers[client](kind.denial === 'credits' ? UNPAID : CANARIES.prompt);
    const asked = { path: pathOf(client, name), problem: kind.problem === true };
    if (kind.part) return { ...asked, parts: () => this.#parts(kind, ask) };
    return { ...asked, answer: () => this.#answer(kind, ask) };
  }

  async #answer({ app }: Kind, ask: () => Promise<unknown>): Promise<unknown> {
    try {
      await ask();
      return { asked: true };
    } catch (error) {
      if (app === 'answers' || app === 'errs') this.#run.caught = error;
      if (app === 'answers') return { handled: true };
      if (app === 'errs') throw this.#threw(new TypeError('a mistake of the app'));
      throw this.#threw(app === 'wraps' ? new Error(`no summary of ${CANARIES.prompt}`, { cause: error }) : error);
    }
  }

  async *#parts({ part }: Kind, ask: () => Promise<unknown>): AsyncIterable<string> {
    try {
      await ask();
      yield `${part === 'second' ? 'begun' : 'not to be sent'}`;
      await ask();
      yield 'not to be sent';
    } catch (error) {
      throw this.#threw(error);
    }
  }

  #threw(error: unknown): unknown {
    this.#run.thrown = error;
    return error;
  }
}
