// npm run demo: installs and builds what is missing, then runs examples/demo.
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ build: '@eden-cost/example-demo' });
await import('../examples/demo/dist/main.js');
