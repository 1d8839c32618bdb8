import { LedgerQuestionError } from '@eden-cost/core';
import { questionError } from './question-error.js';

const isOneQuestion = (message: string) => questionError(new Error(message)) instanceof LedgerQuestionError;

test.each([
  'WRONGTYPE Operation against a key holding the wrong kind of value script: 5fab, on @user_script:12.',
  'ERR value is not an integer or out of range script: 5fab, on @user_script:7.',
  'ERR Error running script (call to f_5fab): @user_script:12: WRONGTYPE Operation against a key holding the wrong kind of value',
])('concerns one question: %s', (message) => {
  expect(isOneQuestion(message)).toBe(true);
});

test.each([
  "READONLY You can't write against a read only replica. script: 5fab, on @user_script:12.",
  "ERR Error running script (call to f_5fab): @user_script:12: -OOM command not allowed when used memory > 'maxmemory'.",
  'MISCONF Redis is configured to save RDB snapshots, but is unable to persist to disk. script: 5fab, on @user_script:9.',
  "NOPERM User weak has no permissions to run the 'set' command script: 5fab, on @user_script:4.",
  'NOTOURS what stands at {eden-cost}:x, a key of the ledger, is not its own script: 5fab, on @user_script:9.',
  'LOADING Redis is loading the dataset in memory',
  'CLUSTERDOWN The cluster is down',
  "ERR unknown command 'EVALSHA'",
  'ERR max number of clients reached',
  'connect ECONNREFUSED 127.0.0.1:6379',
  'Connection is closed.',
])('is how the server is: %s', (message) => {
  const error = new Error(message);
  expect(questionError(error)).toBe(error);
});
