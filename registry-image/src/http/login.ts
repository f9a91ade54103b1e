import { registryError } from '../registry/errors.ts';
import { sendJson } from './answers.ts';
import type { Context } from './context.ts';

/**
 * `GET /v2/_token`: a token for the user of the Authorization header, or without one for nobody in particular (distribution's
 * "Token Authentication Specification"). Scopes are not looked at: rights are found out when the token is used.
 */
export async function getLogin({ services, request, response }: Context): Promise<void> {
  const { login } = services.access;
  if (!login) throw registryError('NAME_UNKNOWN', undefined, 'this registry gives no tokens');
  const { token, expiresIn, issuedAt } = await login(request.headers.authorization);
  response.setHeader('Cache-Control', 'no-store');
  sendJson(response, 200, {
    token,
    access_token: token,
    expires_in: expiresIn,
    issued_at: issuedAt.toISOString(),
  });
}
