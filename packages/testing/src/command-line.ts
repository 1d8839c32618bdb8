import { parseArgs } from 'node:util';
import type { RequestRecord } from './books.js';
import { ENCODINGS, type Encoding } from './encode.js';
import { nanosToText, readUsd } from './money.js';
import type { StandInOptions } from './options.js';
import { startEdenStandIn } from './stand-in.js';

export const HELP = `Usage: eden-stand-in [options]

A local Eden AI: answers on every endpoint, and keeps books of what it would have billed.

  --port <number>              port to listen on (default: any free one)
  --balance <usd>              credits of the account (default: they never run out)
  --refill-threshold <usd>     buys credits when the balance falls below this
  --refill-amount <usd>        how much it then buys
  --latency <ms>               time before each answer
  --encoding <name>            auto, ${ENCODINGS.join(', ')} (default: auto)
  --key <key>                  accept this key only; may be given several times
  --quiet                      no line for each request
  --help                       this text

A request can decide its own answer: x-stand-in: {"costUsd":0.0123}
`;

const FLAGS = {
  port: { type: 'string' },
  balance: { type: 'string' },
  'refill-threshold': { type: 'string' },
  'refill-amount': { type: 'string' },
  latency: { type: 'string' },
  encoding: { type: 'string' },
  key: { type: 'string', multiple: true },
  quiet: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** A command line that cannot be obeyed. */
class UsageError extends Error {}

/** What a command line asks for. */
interface Command {
  readonly options: StandInOptions;
  readonly quiet: boolean;
  readonly help: boolean;
}

function read<T>(flag: string, text: string | undefined, parse: (text: string) => T | undefined, wants: string) {
  if (text === undefined) return undefined;
  const value = parse(text);
  if (value === undefined) throw new UsageError(`--${flag} must be ${wants}, not "${text}"`);
  return value;
}

const usd = (text: string): number | undefined => (readUsd(text) === undefined ? undefined : Number(text));
const integer =
  (max: number) =>
  (text: string): number | undefined =>
    /^\d+$/.test(text) && Number(text) <= max ? Number(text) : undefined;
const encoding = (text: string): Encoding | 'auto' | undefined =>
  (['auto', ...ENCODINGS] as const).find((name) => name === text);

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

const defined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;

/** Reads a command line. */
function readCommand(args: readonly string[]): Command {
  const flags = parseFlags(args);
  const thresholdUsd = read('refill-threshold', flags['refill-threshold'], usd, 'an amount in USD');
  const amountUsd = read('refill-amount', flags['refill-amount'], usd, 'an amount in USD');
  if ((thresholdUsd === undefined) !== (amountUsd === undefined)) {
    throw new UsageError('--refill-threshold and --refill-amount go together');
  }
  const options = defined({
    port: read('port', flags.port, integer(65_535), 'a port number'),
    balanceUsd: read('balance', flags.balance, usd, 'an amount in USD'),
    latencyMs: read('latency', flags.latency, integer(2 ** 31 - 1), 'a number of milliseconds'),
    encoding: read('encoding', flags.encoding, encoding, `one of auto, ${ENCODINGS.join(', ')}`),
    keys: flags.key,
    autoRefill: thresholdUsd === undefined || amountUsd === undefined ? undefined : { thresholdUsd, amountUsd },
  });
  return { options, quiet: flags.quiet ?? false, help: flags.help ?? false };
}

/** One request as a line: `POST /v3/chat/completions 200 0.0000123 USD`. */
function requestLine({ method, path, status, nanos, outcome }: RequestRecord): string {
  const cost = nanos === undefined ? 'free' : `${nanosToText(nanos, 2)} USD`;
  return [method, path, status ?? '-', cost, ...(outcome === 'complete' ? [] : [outcome])].join(' ');
}

/** What a command runs on: the process, or a test. */
export interface Terminal {
  out(line: string): void;
  error(line: string): void;
}

/** Runs a command line. Resolves with what stops the server, or with the exit code where there is none. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number | (() => Promise<void>)> {
  try {
    const { options, quiet, help } = readCommand(args);
    if (help) {
      terminal.out(HELP);
      return 0;
    }
    const onAnswered = (record: RequestRecord) => terminal.out(requestLine(record));
    const standIn = await startEdenStandIn({ ...options, ...(!quiet && { onAnswered }) });
    terminal.out(`Eden AI stand-in on ${standIn.url} (OpenAI base URL: ${standIn.baseUrl})`);
    return () => standIn.close();
  } catch (error) {
    const isUsage = error instanceof UsageError;
    terminal.error(`eden-stand-in: ${(error as Error).message}${isUsage ? '\nTry eden-stand-in --help' : ''}`);
    return isUsage ? 2 : 1;
  }
}
