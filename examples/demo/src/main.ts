import { runDemo } from './demo.js';

delete process.env.EDEN_COST; // the operator's switch would beat what the demo is about
const colours = process.stdout.isTTY === true && !process.env.NO_COLOR;

process.exitCode = await runDemo({ write: (text) => void process.stdout.write(text), colours });
