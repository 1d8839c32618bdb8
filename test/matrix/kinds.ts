/** What happens in a request, and who asks for it. */
export interface Kind {
  /** The tenant's budget is spent, or will be by the first call; or Eden AI answers 402. */
  readonly denial: 'spent' | 'credits';
  /** What the app does with the error: nothing, puts it in one of its own, answers, fails by a mistake. */
  readonly app?: 'wraps' | 'answers' | 'errs';
  /** The call is made by a body that is a stream, for this part of it. */
  readonly part?: 'first' | 'second';
  /** The adapter answers as a problem (RFC 9457), where that has to be asked for. */
  readonly problem?: boolean;
  readonly method?: 'HEAD';
  readonly accept?: string;
}

const table = <K extends string>(kinds: Record<K, Kind>): Readonly<Record<K, Kind>> => kinds;

export const KINDS = table({
  'a spent budget': { denial: 'spent' },
  "Eden AI's own 402": { denial: 'credits' },
  'a spent budget, wrapped by the app': { denial: 'spent', app: 'wraps' },
  "Eden AI's own 402, wrapped by the app": { denial: 'credits', app: 'wraps' },
  'a spent budget, handled by the app': { denial: 'spent', app: 'answers' },
  "Eden AI's own 402, handled by the app": { denial: 'credits', app: 'answers' },
  'a mistake of the app after a denial': { denial: 'spent', app: 'errs' },
  'a spent budget, to HEAD': { denial: 'spent', method: 'HEAD' },
  'a spent budget, to a client of JSON': { denial: 'spent', problem: true, accept: 'application/json' },
  'a spent budget, to a client of text': { denial: 'spent', problem: true, accept: 'text/plain' },
  'a body whose first part is denied': { denial: 'spent', part: 'first' },
  'a body whose second part is denied': { denial: 'spent', part: 'second' },
});

export type KindName = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as KindName[];
