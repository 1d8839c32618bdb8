import { type CostFields, formatUsd, type LogLine } from '@eden-cost/core';
import type { AppRequest } from './served-app.js';

/** Where the demo writes to. */
export interface Terminal {
  write(text: string): void;
  readonly colours: boolean;
}

/** ANSI's codes. */
const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 };
type Style = keyof typeof STYLES;

const LEVELS: Record<number, { name: string; style: Style }> = {
  30: { name: 'info ', style: 'cyan' },
  40: { name: 'warn ', style: 'yellow' },
  50: { name: 'error', style: 'red' },
};

/** Every answer of a server has them. */
const UNTOLD_HEADERS = new Set(['connection', 'content-length', 'date', 'etag', 'keep-alive']);

/** A cost line of the app's log. */
export type CostLine = LogLine & {
  readonly req: { readonly method: string; readonly route: string };
  readonly res: { readonly statusCode: number };
  readonly edenai: CostFields;
};

export const isCostLine = (line: LogLine): line is CostLine => line.msg === 'edenai request cost';

/** Tells the story on a terminal, and remembers what was not as it should be. */
export class Narrator {
  readonly failures: string[] = [];
  #steps = 0;

  constructor(private readonly terminal: Terminal) {}

  title(text: string): void {
    this.#line(this.#style('bold', text));
  }

  step(text: string): void {
    this.#steps += 1;
    this.#line(`\n${this.#style('bold', `${this.#steps}. ${text}`)}`);
  }

  say(text: string): void {
    this.#line(`   ${text}`);
  }

  /** Without a line end: for what comes bit by bit. */
  part(text: string): void {
    this.terminal.write(text);
  }

  /** A line of the app's log, shortened; `whole` shows it as it is written. */
  log(line: LogLine, whole = false): void {
    const { name, style } = LEVELS[line.level] as (typeof LEVELS)[number];
    const text = whole ? JSON.stringify(line) : isCostLine(line) ? costText(line) : line.msg;
    this.say(`${this.#style(style, `log ${name}`)} ${text}`);
  }

  request({ method, path, body }: AppRequest): void {
    const texts = ['>', method, decodeURIComponent(path.replaceAll('+', ' ')), body && JSON.stringify(body)];
    this.say(this.#style('bold', texts.filter(Boolean).join(' ')));
  }

  answer(response: Response, body: string): void {
    this.say(this.#style('bold', `HTTP/1.1 ${response.status} ${response.statusText}`));
    for (const [name, value] of response.headers) {
      if (!UNTOLD_HEADERS.has(name)) this.say(this.#style('dim', `${name}: ${value}`));
    }
    this.say('');
    for (const line of body.trimEnd().split('\n')) this.say(line);
  }

  /** Says it when it is so; else the demo has failed. */
  check(isSo: boolean, text: string): void {
    if (isSo) {
      this.say(this.#style('green', `ok: ${text}`));
      return;
    }
    this.failures.push(text);
    this.say(this.#style('red', `NOT SO: ${text}`));
  }

  #style(style: Style, text: string): string {
    return this.terminal.colours ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
  }

  #line(text: string): void {
    this.terminal.write(`${text}\n`);
  }
}

function costText({ req, res, edenai }: CostLine): string {
  const { costNanos, calls, deniedCalls, models, labels } = edenai;
  const facts = [
    `${formatUsd(costNanos)} USD`,
    calls > 0 && count(calls, 'call'),
    deniedCalls > 0 && `${deniedCalls} denied`,
    ...models,
    ...Object.values(labels ?? {}),
  ];
  return `${req.method} ${req.route} ${res.statusCode}: ${facts.filter(Boolean).join(', ')}`;
}

export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
