/** Kinds of request bodies, with the size of what is sent besides its fields: more than one chunk of a socket. */
export const KINDS = { json: 300_000, urlencoded: 300_000, multipart: 300_000 } as const;

/** A POST of these fields. */
export function bodyOf(kind: keyof typeof KINDS, fields: Readonly<Record<string, string | number>>): RequestInit {
  const padding = 'x'.repeat(KINDS[kind]);
  if (kind === 'json') {
    const body = JSON.stringify({ ...fields, padding });
    return { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  }
  const entries = Object.entries(fields).map(([key, value]) => [key, String(value)] as [string, string]);
  if (kind === 'urlencoded') {
    return { method: 'POST', body: new URLSearchParams([...entries, ['padding', padding]]) };
  }
  const form = new FormData();
  for (const [key, value] of entries) form.append(key, value);
  form.append('file', new Blob([padding]), 'file.txt');
  return { method: 'POST', body: form };
}
