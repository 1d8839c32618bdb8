// The gateway, on loopback: it has no option for the address that it listens on.
import net from 'node:net';

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function listenOnLoopback(_port, ...rest) {
  this.once('listening', () => process.send(this.address().port));
  return listen.call(this, 0, '127.0.0.1', rest.at(-1));
};
process.on('disconnect', () => process.exit());
process.argv.push('--headless');
await import('@portkey-ai/gateway/build/start-server.js');
