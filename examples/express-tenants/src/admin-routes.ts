import { Router } from 'express';
import { operatorsOnly } from './auth.js';
import type { Statements } from './statements.js';

/** For the company that runs this app. */
export function adminRoutes(statements: Statements): Router {
  const router = Router();
  router.get('/statements', operatorsOnly, (_req, res) => {
    res.json(statements.list());
  });
  return router;
}
