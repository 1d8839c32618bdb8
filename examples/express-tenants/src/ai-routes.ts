import { withBudget } from '@eden-cost/express';
import { Router } from 'express';
import type OpenAI from 'openai';

const MODEL = 'openai/gpt-4o-mini';

/** What tenants pay for. Nothing in the handlers is about budgets. */
export function aiRoutes(openai: OpenAI): Router {
  const router = Router();

  // one call for each question: together they are held to the budget of one request
  router.post('/ask', async (req, res) => {
    const texts = [];
    for (const question of [req.body.question].flat()) {
      const answer = await openai.chat.completions.create({
        model: MODEL,
        messages: [{ role: 'user', content: String(question) }],
        max_tokens: 60,
      });
      texts.push(answer.choices[0]?.message.content);
    }
    res.json({ texts, costUsd: req.costs.totalUsd });
  });

  // draws on the budget of images as well as on the others
  router.post('/image', withBudget('images'), async (req, res) => {
    const images = await openai.images.generate({ model: 'openai/gpt-image-1', prompt: String(req.body.prompt) });
    res.json({ images: images.data?.length, costUsd: req.costs.totalUsd });
  });

  // withBudget(): a 402 before the first byte; once the answer has begun it could only break off
  router.post('/stream', withBudget(), async (req, res) => {
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    const stream = await openai.chat.completions.create(
      { model: MODEL, messages: [{ role: 'user', content: String(req.body.question) }], max_tokens: 60, stream: true },
      { signal: gone.signal }, // nobody reads on: Eden AI stops, and so does the cost
    );
    res.type('text/plain').flushHeaders();
    for await (const chunk of stream) res.write(chunk.choices[0]?.delta?.content ?? '');
    res.end(`\n${req.costs.totalUsd} USD\n`);
  });

  return router;
}
