import http from 'node:http';
import type { Meter, MeterOptions } from '@eden-cost/core';
import axios from 'axios';
import { CHAT, postInit } from '../support/calls.js';
import { many } from '../support/lists.js';
import { hear, useMeteredEden } from '../support/meter.js';

const metered = useMeteredEden();

const meterOf = (options: MeterOptions) => metered.meter({ rateCard: false, ...options });

type Send = (headers?: Record<string, string>, body?: object, path?: string) => Promise<number>;

/** The two transports: undici, and node:http below axios and by itself. */
const CLIENTS: Record<string, Send> = {
  async fetch(headers = {}, body = CHAT, path = '/v3/chat/completions') {
    const response = await fetch(metered.eden.url + path, postInit(body, { headers }));
    await response.text();
    return response.status;
  },
  async axios(headers = {}, body = CHAT, path = '/v3/chat/completions') {
    const response = await axios.post(metered.eden.url + path, body, { headers, validateStatus: () => true });
    return response.status;
  },
  'node:http': (headers = {}, body = CHAT, path = '/v3/chat/completions') =>
    new Promise((resolve, reject) => {
      const request = http.request(metered.eden.url + path, { method: 'POST', headers }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      });
      request.once('error', reject).end(JSON.stringify(body));
    }),
};

const booked = () => metered.eden.books().charges.map(({ tags }) => tags);
const sentHeader = () => metered.eden.requests().at(-1)?.headers['x-edenai-tags'];

const as = (meter: Meter, labels: Record<string, string>, send: () => Promise<number>) => meter.run({ labels }, send);

describe.each(Object.entries(CLIENTS))('tags, over %s', (_client, send) => {
  it('are the chosen labels, under their own names or others', async () => {
    const meter = meterOf({ tags: { tenant: 'Client', feature: 'feature' } });
    expect(await as(meter, { tenant: 'acme', feature: 'chat/v2', plan: 'free' }, () => send())).toBe(200);
    expect(booked()).toEqual([{ client: 'acme', feature: 'chat/v2' }]);
  });

  it('are joined with those of the app, which win', async () => {
    const meter = meterOf({ tags: ['tenant', 'env'] });
    await as(meter, { tenant: 'acme', env: 'prod' }, () => send({ 'X-EdenAI-Tags': 'Tenant=own, team=a' }));
    expect(booked()).toEqual([{ tenant: 'own', team: 'a', env: 'prod' }]);
  });

  it('leave a body with tags alone, except for a video, whose body is not read for them', async () => {
    const meter = meterOf({ tags: ['tenant'] });
    await as(meter, { tenant: 'acme' }, () => send({}, { ...CHAT, tags: { team: 'a' } }));
    expect([booked(), sentHeader()]).toEqual([[{ team: 'a' }], undefined]);
    const video = { model: 'openai/sora-2', prompt: 'x', tags: { team: 'a' } };
    await as(meter, { tenant: 'acme' }, () => send({}, video, '/v3/videos'));
    expect(sentHeader()).toBe('tenant=acme');
  });

  it.each([
    ['of 129 characters', 'x'.repeat(129)],
    ['with a space', 'acme inc'],
    ['with a comma, which would be another tag', 'a,eden:x=1'],
    ['with a line break, which would be another header', 'a\r\nx-evil: 1'],
    ['with a letter that no header takes', 'größe'],
  ])('with a value %s are dropped with an event, and the call goes on', async (_name, value) => {
    const meter = meterOf({ tags: ['tenant', 'env'] });
    const { error } = hear(meter);
    expect(await as(meter, { tenant: value, env: 'prod' }, () => send())).toBe(200);
    expect(booked()).toEqual([{ env: 'prod' }]);
    expect(error).toEqual([expect.objectContaining({ problem: 'tag', message: expect.stringContaining('"tenant"') })]);
    expect(JSON.stringify(error)).not.toContain(value.slice(0, 8) === 'xxxxxxxx' ? 'xxxxxxxx' : value);
  });

  it('have ten places, those of the app first', async () => {
    const meter = meterOf({ tags: ['tenant', 'env'] });
    const { error } = hear(meter);
    const own = many(9, (index) => `t${index}=1`).join(',');
    expect(await as(meter, { tenant: 'acme', env: 'prod' }, () => send({ 'x-edenai-tags': own }))).toBe(200);
    expect(booked()[0]).toMatchObject({ t8: '1', tenant: 'acme' });
    expect(error).toEqual([expect.objectContaining({ problem: 'tag', message: expect.stringContaining('"env"') })]);
  });
});

it('are not made of what every object has', async () => {
  const meter = meterOf({ tags: ['constructor', 'toString', 'tenant'] });
  const heard = hear(meter);
  await as(meter, { tenant: 'acme' }, () => (CLIENTS.fetch as Send)());
  expect([booked(), heard.error]).toEqual([[{ tenant: 'acme' }], []]);
});

it('are not sent unless they are asked for, nor for labels that are not there', async () => {
  const meter = meterOf({});
  await as(meter, { tenant: 'acme' }, () => (CLIENTS.fetch as Send)());
  await meter.close();
  await as(meterOf({ tags: ['tenant'] }), { other: 'x' }, () => (CLIENTS.fetch as Send)());
  expect(metered.eden.requests().map(({ headers }) => headers['x-edenai-tags'])).toEqual([undefined, undefined]);
});

it('come with a streamed chat too, whose body is changed, and when that is sent again as it was', async () => {
  const meter = meterOf({ tags: ['tenant'] });
  metered.eden.script([{ rejectStreamOptions: 400 }]);
  await as(meter, { tenant: 'acme' }, () => (CLIENTS.fetch as Send)({}, { ...CHAT, stream: true }));
  expect(metered.eden.requests().map(({ headers }) => headers['x-edenai-tags'])).toEqual([
    'tenant=acme',
    'tenant=acme',
  ]);
});

describe('metadata: true', () => {
  const BLOCK = { requested: CHAT.model, attempt: 1, is_byok: false };

  it.each(Object.entries(CLIENTS))('puts region, attempts and BYOK on the charge, over %s', async (_client, send) => {
    const meter = meterOf({ metadata: true });
    const { charge } = hear(meter);
    await send();
    await send({}, { ...CHAT, stream: true });
    await send({}, { model: 'ocr/invoice_parser/mindee', input: {} }, '/v3/universal-ai');
    const attempts = [{ provider: 'openai', model: CHAT.model, status: 200, region: 'eu' }];
    expect(charge).toMatchObject([
      { provider: 'openai', region: 'eu', byok: false, attempts },
      { provider: 'openai', region: 'eu', byok: false, attempts },
      { provider: 'mindee', region: 'eu', byok: false },
    ]);
  });

  it('is in the answer that the app gets, and only there where it was asked for', async () => {
    const answer = async () =>
      (await (await fetch(`${metered.eden.baseUrl}/chat/completions`, postInit(CHAT))).json()) as object;
    const plain = meterOf({});
    expect(await answer()).not.toHaveProperty('edenai_metadata');
    await plain.close();
    meterOf({ metadata: true });
    expect(await answer()).toMatchObject({ edenai_metadata: BLOCK });
  });

  it('is known of a job from the answer that started it: a poll does not say it', async () => {
    const meter = meterOf({ metadata: true, jobs: { apiKey: 'any' } });
    const { charge } = hear(meter);
    const init = postInit({ model: 'ocr/x/mindee' }, { reply: { pollsNeeded: 0 } });
    const started = (await (await fetch(`${metered.eden.baseUrl}/universal-ai/async`, init)).json()) as {
      public_id: string;
    };
    await meter.jobs.settle(started.public_id);
    expect(charge).toMatchObject([{ region: 'eu', byok: false }]);
  });

  it('says which calls a provider key of your own paid for', async () => {
    const meter = meterOf({ metadata: true });
    const { charge } = hear(meter);
    metered.eden.script({ byok: true });
    await (CLIENTS.fetch as Send)();
    expect(charge).toMatchObject([{ byok: true, basis: 'external', amount: 0 }]);
  });
});
