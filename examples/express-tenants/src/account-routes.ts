import { Router } from 'express';
import { type Database, isPlan } from './db.js';

/** What a tenant has left, and how it gets more. */
export function accountRoutes(db: Database): Router {
  const router = Router();

  // the very balances that the next call is held against
  router.get('/usage', async (req, res) => {
    const [plan, team, images] = await Promise.all(
      ['plan', 'team-daily', 'images'].map((budget) => req.costs.remaining(budget)),
    );
    res.json([plan, team, images].flat());
  });

  router.post('/upgrade', async (req, res) => {
    const { plan } = req.body;
    if (req.user === undefined || !isPlan(plan)) return void res.sendStatus(400);
    await db.upgrade(req.user.tenantId, plan);
    req.costs.refresh(); // limits are remembered for a minute
    res.json(await req.costs.remaining('plan'));
  });

  return router;
}
