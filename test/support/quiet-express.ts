/** Express writes each uncaught error to stderr, as it should: not in the midst of a test's report. */
export function useQuietExpress(): void {
  beforeEach(() => {
    jest.spyOn(console, 'error').mockImplementation(() => {});
  });
  afterEach(() => jest.restoreAllMocks());
}
