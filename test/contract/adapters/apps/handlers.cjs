const { once } = require('node:events');

// What the routes of every app of the contract do: neutral, so that a harness only mounts them.
const CHAT = { model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hello' }] };

/**
 * @param edenUrl the stand-in's
 * @param openai a client that was built before the adapter was loaded
 * @param meter of the app
 */
module.exports = ({ edenUrl, openai, meter }) => {
  const chat = async (costUsd) => {
    const answer = await fetch(`${edenUrl}/v3/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...costs(costUsd) },
      body: JSON.stringify(CHAT),
    });
    return answer.json();
  };
  const asked = async ({ costs, query }) => {
    await chat(query.cost);
    return { nanos: costs.totalNanos };
  };

  return [
    { path: '/ask', handle: asked },
    { path: '/users/:id', handle: asked },
    { path: '/guarded', budgets: [undefined], handle: asked },
    { path: '/named', budgets: ['named'], handle: asked },
    { path: '/inline', budgets: [{ limitUsd: 0.01, window: 'day' }], handle: asked },
    { path: '/additive', budgets: ['named', 'also-named'], handle: asked },
    { path: '/nothing', handle: async () => ({ nanos: 0 }) },
    {
      path: '/sdk',
      handle: async ({ costs: scope, query }) => {
        await openai.chat.completions.create(CHAT, { headers: costs(query.cost) });
        return { nanos: scope.totalNanos };
      },
    },
    {
      path: '/handled',
      handle: () =>
        openai.chat.completions.create(CHAT).then(
          () => ({ status: 200 }),
          ({ status, constructor: { name } }) => ({ status, name }),
        ),
    },
    {
      path: '/unrelated',
      handle: async () => {
        await chat().catch(() => {});
        throw new Error('the database is gone');
      },
    },
    {
      path: '/others',
      handle: async () => {
        await chat().catch(() => {});
        throw Object.assign(new Error('Your card was declined.'), {
          status: 402,
          statusCode: 402,
          type: 'StripeCardError',
        });
      },
    },
    {
      path: '/wrapped',
      handle: () =>
        chat().catch((cause) => {
          throw new Error('summarising failed', { cause });
        }),
    },
    {
      path: '/begun',
      streams: true,
      async *handle() {
        yield 'begun';
        await chat();
        yield ' and done';
      },
    },
    {
      path: '/late',
      handle: async ({ query, response }) => {
        once(response, 'finish').then(() => chat(query.cost));
        return {};
      },
    },
    {
      path: '/slow',
      raw: true,
      handle: async ({ query, response }) => {
        const gone = new Promise((resolve) => response.on('close', resolve));
        process.send({ note: 'waiting' });
        await gone;
        await chat(query.cost);
      },
    },
    {
      path: '/read',
      method: 'POST',
      handle: ({ request, costs, query }) =>
        new Promise((resolve, reject) => {
          const answer = () => asked({ costs, query }).then(resolve, reject);
          if (request.readableEnded) answer();
          else request.on('end', () => costs.run(answer)).resume();
        }),
    },
    { path: '/check', handle: async ({ costs }) => costs.check().then(() => ({ checked: true })) },
    { path: '/remaining', handle: ({ costs }) => costs.remaining().then((budgets) => ({ budgets })) },
    {
      path: '/retried',
      handle: async ({ costs }) => {
        await openai.withOptions({ maxRetries: 1 }).chat.completions.create(CHAT);
        return { nanos: costs.totalNanos };
      },
    },
    {
      path: '/background',
      handle: async ({ costs }) => {
        await meter().bind(() => chat('0.001'))();
        await outside(() => chat('0.002'));
        return { nanos: costs.totalNanos, unattributed: meter().snapshot().unattributedNanos };
      },
    },
    {
      path: '/stream',
      handle: async ({ costs }) => {
        const stream = await openai.chat.completions.create({ ...CHAT, stream: true });
        let text = '';
        for await (const part of stream) text += part.choices[0]?.delta?.content ?? '';
        return { nanos: costs.totalNanos, text };
      },
    },
  ];
};

/** What the stand-in shall charge, as it reads it from a request. */
function costs(costUsd) {
  return costUsd === undefined ? {} : { 'x-stand-in': JSON.stringify({ costUsd }) };
}

/** Work that no request is the cause of: the timer that runs it was started before any. */
const waiting = [];
const outside = (fn) => new Promise((resolve, reject) => waiting.push(() => fn().then(resolve, reject)));
setInterval(() => {
  for (const run of waiting.splice(0)) run();
}, 5).unref();
