import { CLIENT_NAMES, type ClientName } from './client.js';
import type { DenialRun } from './denial-runs.js';
import { useProgram } from './use-program.js';

const denials = useProgram('denials');

/** How a client tells of a 402; all others hand the answer over. */
const ERRORS: Partial<Record<ClientName, string>> = {
  'openai 6': 'APIError',
  'openai 4': 'APIError',
  axios: 'AxiosError',
  'axios over https': 'AxiosError',
  got: 'HTTPError',
  'got over https': 'HTTPError',
  superagent: 'Error',
};

/** The global fetch rejects with our own error where the app's own code calls it, but not a fetch that was taken before. */
const errorOf = ({ client, built, why }: DenialRun): string | undefined => {
  if (client === 'fetch' && built === 'after') {
    return why === 'a spent budget' ? 'BudgetExceededError' : 'CreditsExhaustedError';
  }
  return ERRORS[client];
};

describe.each(CLIENT_NAMES)('over %s', (client) => {
  const runsOf = (why: DenialRun['why']) => {
    const runs = denials.result.filter((run) => run.client === client && run.why === why);
    expect(runs).toHaveLength(10);
    return runs;
  };

  it("a call beyond the budget is the client's own 402, after one attempt, and nothing is sent", () => {
    for (const run of runsOf('a spent budget')) {
      expect(run).toMatchObject({ got: { status: 402 }, denials: ['spent'], charges: 0, received: 0 });
      expect(run.got.error).toBe(errorOf(run));
    }
  });

  it("Eden AI's own 402 is the client's own 402, after one attempt", () => {
    for (const run of runsOf("Eden AI's own 402")) {
      expect(run).toMatchObject({ got: { status: 402 }, denials: ['credits'], charges: 0, received: 1 });
      expect(run.got.error).toBe(errorOf(run));
    }
  });

  it('an error leads to its denial', () => {
    for (const { got, found } of denials.result.filter((run) => run.client === client)) {
      expect(found).toBe(got.error !== undefined);
    }
  });
});
