import { isRecord, parseJson } from './json.js';
import { Refusal } from './refusal.js';
import { misuseOf, pickReplyOptions } from './reply-option-names.js';
import type { ReplyOptions } from './reply-options.js';
import type { ReceivedRequest } from './request.js';

/** Which requests a rule is for; all that is given must fit. */
export interface RuleMatch {
  /** The path without query, or its end: `'/chat/completions'`. */
  path?: string | RegExp;
  method?: string;
  /** The model that the request asks for. */
  model?: string | RegExp;
  body?: (body: unknown) => boolean;
}

/** How the next requests that fit are answered. */
export interface Rule extends ReplyOptions {
  /** Default: every request but those for a list of models. */
  match?: RuleMatch;
  /** How many requests it is for, default 1; `Infinity` for all. */
  times?: number;
}

const textFits = (wanted: string | RegExp | undefined, text: string | undefined): boolean =>
  wanted === undefined || (typeof wanted === 'string' ? text === wanted : wanted.test(text ?? ''));

function fits({ path, method, model, body }: RuleMatch, request: ReceivedRequest): boolean {
  const asked = isRecord(request.body) ? String(request.body.model) : undefined;
  return (
    (typeof path === 'string' ? request.path.endsWith(path) : textFits(path, request.path)) &&
    textFits(method?.toUpperCase(), request.method) &&
    textFits(model, asked) &&
    (body?.(request.body) ?? true)
  );
}

function headerOptions(header: string): ReplyOptions {
  const options = parseJson(header);
  if (!isRecord(options)) throw new Refusal(400, 'x-stand-in must hold a JSON object', 'detail');
  const misuse = misuseOf(options);
  if (misuse) throw new Refusal(400, `x-stand-in: ${misuse}`, 'detail');
  return options;
}

/** A rule for any call is not used up by the price list, which a meter reads by itself. */
const ANY_CALL: RuleMatch = { path: /^(?!.*\/models$)/ };

/** The rules of a server, in the order they were given. */
export class Script {
  #rules: { readonly rule: Rule; left: number }[] = [];

  constructor(private readonly defaults: ReplyOptions) {}

  /** Adds rules, and returns what removes them. */
  add(rules: Rule | readonly Rule[]): () => void {
    const added = [rules].flat().map((rule) => {
      const misuse = misuseOf(rule, ['match', 'times']);
      if (misuse) throw new TypeError(`script(): ${misuse}`);
      return { rule, left: rule.times ?? 1 };
    });
    this.#rules.push(...added);
    return () => {
      this.#rules = this.#rules.filter((entry) => !added.includes(entry));
    };
  }

  clear(): void {
    this.#rules = [];
  }

  /** The options for one request: the header's, or the first rule's that fits, over the server's. */
  optionsFor(request: ReceivedRequest): ReplyOptions {
    const header = request.headers['x-stand-in'];
    if (header !== undefined) return { ...this.defaults, ...headerOptions(String(header)) };
    const entry = this.#rules.find(({ rule, left }) => left > 0 && fits(rule.match ?? ANY_CALL, request));
    if (!entry) return this.defaults;
    entry.left -= 1;
    if (entry.left <= 0) this.#rules = this.#rules.filter((other) => other !== entry);
    return { ...this.defaults, ...pickReplyOptions(entry.rule) };
  }
}
