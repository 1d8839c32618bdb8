import type { RequestHandler } from 'express';
import type { Database, User } from './db.js';

declare global {
  namespace Express {
    interface Request {
      user?: User;
    }
  }
}

/** `Authorization: Bearer token-ann`. It is a middleware of the router, and runs after `costAware()`. */
export function authenticate(db: Database): RequestHandler {
  return async (req, res, next) => {
    const [, token = ''] = /^Bearer (\S+)$/i.exec(req.get('authorization') ?? '') ?? [];
    const user = await db.userOf(token);
    if (user === undefined) return void res.set('www-authenticate', 'Bearer').sendStatus(401);
    req.user = user;
    next();
  };
}

export const operatorsOnly: RequestHandler = (req, res, next) => {
  if (req.user?.isOperator) next();
  else res.sendStatus(403);
};
