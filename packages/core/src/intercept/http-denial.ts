import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Reply } from '../exchange.js';
import { MemorySocket } from './memory-socket.js';

/**
 * Answers a request from memory: it gets a socket that swallows what is written and speaks the reply. Every client takes
 * that for an answer of the server's. node:http closes a connection that is not kept with the end of its answer, also in
 * the middle of an upload, whose writer would fail; one that is kept lives until both sides are done.
 */
export function answerHere(request: ClientRequest, reply: Reply): void {
  request.shouldKeepAlive = true;
  const socket = new MemorySocket(replyBytes(reply), request.protocol === 'https:');
  request.onSocket(socket as unknown as Socket);
}

/** The reply as it would stand on the wire. */
export function replyBytes({ status, statusText, headers, body }: Reply): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} ${statusText}\r\n${lines.join('')}\r\n`), body]);
}
