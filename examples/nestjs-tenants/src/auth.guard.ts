import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';

export interface UserRequest {
  readonly headers: Record<string, string | string[] | undefined>;
  user?: { id: string; tenantId: string };
}

const USERS: Record<string, string> = { ann: 'acme', ben: 'globex', cat: 'initech' };

/** Stands in for a session or a token: `x-user: ann`. Never take a tenant from a header that the client may choose. */
@Injectable()
export class AuthGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<UserRequest>();
    const id = String(request.headers['x-user']);
    const tenantId = Object.hasOwn(USERS, id) ? USERS[id] : undefined;
    if (tenantId === undefined) throw new UnauthorizedException();
    request.user = { id, tenantId };
    return true;
  }
}
