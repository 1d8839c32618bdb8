import { standInHeaders } from '@eden-cost/testing';
import type { Answer, Client } from './client.js';
import { type Endpoint, POLLS } from './endpoints.js';
import type { Setting } from './program.js';

/** Makes one call to an endpoint at a cost, and reads the job that it starts until that has ended, and then again. */
export async function makeCall(
  { eden, secureOrigin }: Setting,
  client: Client,
  endpoint: Endpoint,
  costUsd: string,
): Promise<Answer> {
  const { method = 'POST', path, json, form, reply, polledAt } = endpoint;
  const origin = client.over === 'https' ? secureOrigin : eden.url;
  const headers = standInHeaders({ costUsd, ...reply });
  const answer = await client.send({
    url: origin + path,
    method,
    headers,
    ...(json && { json }),
    ...(form && { form }),
  });
  if (polledAt === undefined) return answer;
  const { public_id, id } = JSON.parse(answer.text) as { public_id?: string; id?: string };
  for (let poll = 0; poll < POLLS; poll++) {
    await client.send({ url: origin + polledAt + (public_id ?? id), method: 'GET', headers: {} });
  }
  return answer;
}
