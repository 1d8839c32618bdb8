#!/usr/bin/env node
import { runCommand } from './command-line.js';

const terminal = {
  out: (line: string) => void process.stdout.write(`${line}\n`),
  error: (line: string) => void process.stderr.write(`${line}\n`),
};

void runCommand(process.argv.slice(2), terminal).then((running) => {
  if (typeof running === 'number') {
    process.exitCode = running;
    return;
  }
  const stop = () => void running();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
});
