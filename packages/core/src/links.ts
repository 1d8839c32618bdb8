/** Where the source and the help pages live. Nothing else in the repository spells these addresses. */
const REPOSITORY = 'https://github.com/eden-cost/eden-cost';

/** The section of `docs/errors.md` about one error code. */
export const helpLink = (code: string): string =>
  `${REPOSITORY}/blob/main/docs/errors.md#${code.toLowerCase().replaceAll('_', '-')}`;
