import undici7 from 'undici';
import * as undici6 from 'undici6';
import { type Clients, HAS_NEWEST, type Place } from './covered-client.js';
import { libraryClients } from './library-clients.js';
import { sdkClients } from './sdk-clients.js';
import { type Undici, undiciClients } from './undici-clients.js';

const newest = HAS_NEWEST ? await import('./newest-clients.js') : undefined;

/** Builds every client anew. */
export const coveredClients = (place: Place): Clients => ({
  ...libraryClients(place),
  ...sdkClients(place),
  ...undiciClients(6, undici6 as unknown as Undici, place),
  ...undiciClients(7, undici7, place),
  ...newest?.newestClients(place),
});
