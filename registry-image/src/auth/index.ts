import { randomBytes } from 'node:crypto';
import type { Config } from '../config/index.ts';
import type { AccessController } from './access.ts';
import { createHtpasswdUsers } from './htpasswd.ts';
import { createLoginTokens } from './login-token.ts';
import { createRules } from './rules.ts';
import { createSillyController } from './silly.ts';
import type { TokenKeyTexts } from './token-keys.ts';
import { createUserController } from './users.ts';
import { createVerifiedCredentials, type VerifiedCredentials } from './verified-credentials.ts';

export { createVerifiedCredentials, type VerifiedCredentials } from './verified-credentials.ts';
export {
  type Access,
  type AccessController,
  AccessError,
  type AccessRequest,
  loginPath,
  type Subject,
} from './access.ts';

/** Contents of the files that access depends on; null: no such file is configured. */
export interface AccessFiles {
  readonly htpasswd: string | null;
  readonly tokenKeys: TokenKeyTexts | null;
}

interface LiveAccessController extends AccessController {
  /** Takes other contents of some of the files from now on. Throws an error of one sentence when they cannot be used. */
  update(files: Partial<AccessFiles>): void;
}

/**
 * Who may do what, as `auth` and `wharfinger.access` of config.yml say; without either everybody may do everything.
 * Throws an error of one sentence when a file cannot be used.
 */
export async function createAccessController(
  config: Pick<Config, 'auth' | 'http' | 'wharfinger'>,
  files: AccessFiles,
  verified: VerifiedCredentials = createVerifiedCredentials({ key: randomBytes(32) }),
): Promise<LiveAccessController> {
  const { htpasswd, silly, token } = config.auth;
  if (silly) return { ...createSillyController(silly), update: () => {} };
  if (token) {
    const { createTokenController } = await import('./token.ts');
    const controller = await createTokenController({ config: token, keys: files.tokenKeys ?? noKeys });
    return {
      ...controller,
      update({ tokenKeys }) {
        if (tokenKeys) controller.update(tokenKeys);
      },
    };
  }
  const rules = config.wharfinger.access.length === 0 ? undefined : createRules(config.wharfinger.access);
  if (!htpasswd) return { ...createUserController({ rules }), update: () => {} };
  const users = createHtpasswdUsers({ realm: htpasswd.realm, text: files.htpasswd ?? '', verified });
  const tokens = rules?.anonymous
    ? createLoginTokens({ secret: config.http.secret, credentialsOf: (user) => users.hashesOf(user) })
    : undefined;
  return {
    ...createUserController({ users, rules, tokens }),
    update(changed) {
      if (typeof changed.htpasswd === 'string') users.update(changed.htpasswd);
    },
  };
}

const noKeys: TokenKeyTexts = { rootcertbundle: null, jwks: null };
