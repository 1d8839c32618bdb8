import { warnOnce } from './warnings.js';

/** Not through the logger: that is what fails. */
export const warnOfLogger = (): void =>
  warnOnce(
    'WARN_COST_LOGGER',
    "The logger failed: lines of Eden Cost are lost. Listen to the meter's 'error' event for the cause",
  );
