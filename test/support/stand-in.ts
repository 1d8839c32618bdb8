import { type EdenStandIn, type StandInOptions, startEdenStandIn } from '@eden-cost/testing';

/** One stand-in for a test file: forgets everything after each test, and is closed after the last. */
export function useStandIn(options: StandInOptions = {}): { readonly eden: EdenStandIn } {
  let started: EdenStandIn | undefined;
  beforeAll(async () => {
    started = await startEdenStandIn(options);
  });
  afterEach(() => started?.reset());
  afterAll(() => started?.close());
  return {
    get eden() {
      if (started === undefined) throw new Error('The stand-in runs from beforeAll to afterAll');
      return started;
    },
  };
}
