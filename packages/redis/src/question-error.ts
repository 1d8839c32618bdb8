import { LedgerQuestionError } from '@eden-cost/core';

/** How a server says that a script of ours has failed. */
const IN_SCRIPT = /user_script|Error running script/;

/** What it says of itself in the same words: no question would fare better. */
const OF_THE_SERVER =
  /\b(READONLY|OOM|MISCONF|NOREPLICAS|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOPERM|NOTOURS)\b|ACL failure|user executing the script|Script killed|cluster node/;

/** A script that failed for what stands under its keys, and not for how the server is, fails for one question alone. */
export function questionError(error: unknown): unknown {
  const message = error instanceof Error ? error.message : '';
  if (!IN_SCRIPT.test(message) || OF_THE_SERVER.test(message)) return error;
  return new LedgerQuestionError(`The Redis server cannot do what it was asked: ${message}`, { cause: error });
}
