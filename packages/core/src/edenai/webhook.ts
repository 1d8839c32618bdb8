import { constants, createHash, type KeyObject, publicDecrypt, verify } from 'node:crypto';
import { canonicalJson, escapedJson } from './canonical-json.js';

/** The header with the signature: hex. */
export const SIGNATURE_HEADER = 'x-edenai-signature';

/**
 * Reads a signature. One that the private key did not make does not open with the public one, whatever body it comes
 * with: a forged webhook costs a fraction of a millisecond, and its body, however large, is not looked at.
 *
 * @returns `undefined` for one that Eden AI never made
 */
export function readSignature(publicKey: KeyObject, hex: string): Buffer | undefined {
  if (!/^(?:[0-9a-f]{2})+$/i.test(hex)) return undefined;
  const signature = Buffer.from(hex, 'hex');
  try {
    publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, signature);
    return signature;
  } catch {
    return undefined;
  }
}

/** `other`: it is that of another body, or made with another key. */
export type SignatureCheck = 'signed' | 'other' | 'no-json' | 'too-large';

/**
 * Whether Eden AI signed this body: RSA PKCS#1 v1.5 with SHA-256, over the hex SHA-256 of its canonical JSON (Eden AI wire
 * notes, "Async webhooks"). Whether letters beyond ASCII are escaped in that is not said: both are tried.
 */
export function checkSignature(publicKey: KeyObject, body: string, signature: Buffer): SignatureCheck {
  const isSigned = (text: string) =>
    verify('sha256', Buffer.from(createHash('sha256').update(text).digest('hex')), publicKey, signature);
  try {
    const canonical = canonicalJson(body);
    if (canonical === undefined) return 'no-json';
    if (isSigned(canonical)) return 'signed';
    const escaped = escapedJson(canonical);
    return escaped !== canonical && isSigned(escaped) ? 'signed' : 'other';
  } catch (error) {
    if (error instanceof RangeError) return 'too-large';
    throw error;
  }
}

/** The job that a webhook tells of; `undefined` for a body that tells of none. */
export function jobOfWebhook(body: string): string | undefined {
  const id = (JSON.parse(body) as { job_id?: unknown } | null)?.job_id;
  return typeof id === 'string' && id !== '' ? id : undefined;
}
