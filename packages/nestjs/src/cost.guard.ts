import type { CanActivate } from '@nestjs/common';
import { costRequestOf } from './cost.request.js';

/**
 * Put after all guards of a handler with `@Budget()`. An interceptor is too late for `@Sse()`, whose headers Nest sends
 * without waiting for it.
 */
export const costGuard: CanActivate = {
  async canActivate(context) {
    const isHttp = context.getType<string>() === 'http';
    const request = isHttp ? costRequestOf(context.switchToHttp().getRequest<object>()) : undefined;
    await request?.open.scope.run(() => request.admit(context));
    return true;
  },
};
