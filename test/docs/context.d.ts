// What code blocks of the docs may use without saying where it comes from. Blocks that are run bring everything themselves.
import type { Meter } from '@eden-cost/core';
import type { Application, Request, Response } from 'express';
import type { OpenAI } from 'openai';

declare global {
  const app: Application;
  const openai: OpenAI;
  const meter: Meter;
  const req: Request;
  const res: Response;
  const model: string;
  const messages: OpenAI.ChatCompletionMessageParam[];
  namespace Express {
    interface Request {
      user?: { id: string; tenantId: string; plan: 'free' | 'team' };
    }
  }
}
