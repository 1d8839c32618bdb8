import { createHash, type KeyObject, verify } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';
import { jobIdOf } from './jobs.js';

/** The header with the signature: hex. */
export const SIGNATURE_HEADER = 'x-edenai-signature';

/**
 * Whether Eden AI signed this body: RSA PKCS#1 v1.5 with SHA-256, over the hex SHA-256 of its canonical JSON (Eden AI wire
 * notes, "Async webhooks"). Whether letters beyond ASCII are escaped in that is not said: both are tried.
 */
export function isSignedBy(publicKey: KeyObject, body: string, signature: string): boolean {
  if (!/^(?:[0-9a-f]{2})+$/i.test(signature)) return false;
  const bytes = Buffer.from(signature, 'hex');
  return [false, true].some((ascii) => {
    const canonical = canonicalJson(body, ascii);
    if (canonical === undefined) return false;
    const digest = createHash('sha256').update(canonical).digest('hex');
    return verify('sha256', Buffer.from(digest), publicKey, bytes);
  });
}

/** The job that a webhook tells of; `undefined` for a body that tells of none. */
export function jobOfWebhook(body: string): string | undefined {
  const id = (JSON.parse(body) as { job_id?: unknown } | null)?.job_id;
  return typeof id === 'string' && id !== '' ? jobIdOf(id) : undefined;
}
