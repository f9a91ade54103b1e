import type { Config } from '../config/index.ts';
import { createHtpasswdController, type HtpasswdController } from './htpasswd.ts';

export { type Access, type AccessController, AccessError, type Subject } from './access.ts';

/**
 * Who may do what, as the section `auth` of config.yml says; without a provider everybody may do everything.
 * @param options.htpasswdText the content of the htpasswd file ('' when there is none)
 */
export function createAccessController(
  auth: Config['auth'],
  options: { htpasswdText: string },
): HtpasswdController {
  if (auth.htpasswd) {
    return createHtpasswdController({ realm: auth.htpasswd.realm, htpasswdText: options.htpasswdText });
  }
  return {
    problems: [],
    authorize: async () => ({ user: '', mayPush: true }),
    update: () => ({ problems: [] }),
  };
}
