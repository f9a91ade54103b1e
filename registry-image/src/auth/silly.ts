import { type AccessController, AccessError } from './access.ts';
import { bearerChallenge } from './challenge.ts';

/** For development: whoever sends any Authorization header may do everything, under the name that distribution gives. */
export function createSillyController(options: { realm: string; service: string }): AccessController {
  return {
    async authorize(request) {
      if (request.authorization === undefined || request.authorization === '') {
        const challenge = bearerChallenge({ ...options, request });
        throw new AccessError('unauthorized', { challenge, accesses: request.accesses });
      }
      return { user: 'silly', mayPush: () => true, mayPull: () => true, visible: undefined };
    },
    login: undefined,
  };
}
