// For --import, in an app that is run as its author wrote it: the addresses of Eden AI lead to the stand-in in EDEN_URL,
// below everything that a meter watches, and a server listens on any free port of this machine, which is sent.
import net from 'node:net';
import { Agent } from 'undici';

const { port, hostname } = new URL(process.env.EDEN_URL);
const agent = new Agent({
  connect: ({ hostname: host, port: own }, callback) => {
    const isEdenAi = host.endsWith('edenai.run');
    const socket = net.connect({ host: isEdenAi ? hostname : host, port: Number(isEdenAi ? port : own) });
    socket.once('connect', () => callback(null, socket)).once('error', (error) => callback(error, null));
  },
});
void new Response(); // the dispatcher is made when one of the classes of undici is first touched
for (const slot of ['1', '2'].map((version) => Symbol.for(`undici.globalDispatcher.${version}`))) {
  if (globalThis[slot] !== undefined) globalThis[slot] = agent;
}

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function listenAnywhere(...args) {
  this.once('listening', () => process.send(this.address().port));
  return listen.call(this, 0, '127.0.0.1', ...args.filter((arg) => typeof arg === 'function'));
};
process.on('disconnect', () => process.exit());
process.channel.unref();
