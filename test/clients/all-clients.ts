import type https from 'node:https';
import type { Client, ClientName } from './client.js';
import { httpClients } from './http-clients.js';
import { libraryClients } from './library-clients.js';
import { sdkClients } from './sdk-clients.js';

/** Builds every client anew. */
export const allClients = (baseURL: string, tls: https.AgentOptions): Readonly<Record<ClientName, Client>> => ({
  ...libraryClients(tls),
  ...sdkClients(baseURL),
  ...httpClients(tls),
});
