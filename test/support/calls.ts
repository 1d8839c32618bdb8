import { type ReplyOptions, standInHeaders } from '@eden-cost/testing';

/** The body of the plainest chat. */
export const CHAT = { model: 'openai/gpt-4o', messages: [{ role: 'user' as const, content: 'Hello' }] };

export interface PostInit {
  /** How the stand-in answers. */
  readonly reply?: Omit<ReplyOptions, 'hold'>;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** A JSON POST as `fetch` takes it. */
export const postInit = (body: unknown, { reply, headers, signal }: PostInit = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...(reply && standInHeaders(reply)), ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
  ...(signal && { signal }),
});

/** Reads an answer to its end, or to where it breaks off. */
export async function readAnswer(response: Response): Promise<{ bytes: Buffer; error?: unknown }> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk as Uint8Array);
  } catch (error) {
    return { bytes: Buffer.concat(chunks), error };
  }
  return { bytes: Buffer.concat(chunks) };
}
