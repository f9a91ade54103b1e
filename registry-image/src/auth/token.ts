import type { JWTPayload, JWTVerifyOptions } from 'jose';
import type { Config } from '../config/index.ts';
import { type Access, type AccessController, AccessError, type AccessRequest } from './access.ts';
import { bearerChallenge, type TokenProblem } from './challenge.ts';
import { parseAuthorization } from './credentials.ts';
import { signingKeyOf } from './signing-key.ts';
import { parseTokenKeys, type TokenKeys, type TokenKeyTexts } from './token-keys.ts';

/** Seconds by which the clock of a token server may differ from ours (as distribution has it). */
const leeway = 60;
/** All that a public key verifies; never `none`, and no HS*, for which a public key would be a secret that everybody knows. */
const algorithms = [
  'EdDSA',
  ...['RS', 'PS', 'ES'].flatMap((kind) => [256, 384, 512].map((bits) => kind + bits)),
];

interface TokenController extends AccessController {
  /** Takes other keys from now on. Throws an error of one sentence, and keeps those it has, when they cannot be used. */
  update(texts: TokenKeyTexts): void;
}

/** What a token lets its bearer do: actions by resource (`repository:team/app`). */
type Grants = ReadonlyMap<string, ReadonlySet<string>>;

interface Bearer {
  readonly user: string;
  readonly grants: Grants;
}

/** Access by the tokens of a token server (distribution's "Token Authentication Specification"). */
export async function createTokenController(options: {
  config: NonNullable<Config['auth']['token']>;
  keys: TokenKeyTexts;
}): Promise<TokenController> {
  const { config } = options;
  const { jwtVerify } = await import('jose');
  let keys = parseTokenKeys(options.keys);
  const checks: JWTVerifyOptions = {
    issuer: config.issuer,
    audience: config.service,
    clockTolerance: leeway,
    requiredClaims: ['exp'],
    algorithms: config.signingalgorithms.length === 0 ? algorithms : [...config.signingalgorithms],
  };

  async function verify(token: string): Promise<Bearer | undefined> {
    const trusted: TokenKeys = keys;
    try {
      const { payload } = await jwtVerify(
        token,
        (header) => {
          const found = signingKeyOf(header, trusted);
          if (!found) throw new Error('the token is signed with a key that is not trusted');
          return found.key;
        },
        checks,
      );
      return { user: payload.sub ?? '', grants: grantsOf(payload) };
    } catch {
      // Whatever is wrong, the answer is the same: what came from outside is not a token for us.
      return undefined;
    }
  }

  function refusal(request: AccessRequest, problem?: TokenProblem): AccessError {
    const { autoredirect, autoredirectpath, service } = config;
    const realm = autoredirect ? request.origin + autoredirectpath : config.realm;
    const challenge = bearerChallenge({ realm, service, request, problem });
    return new AccessError('unauthorized', { challenge, accesses: request.accesses });
  }

  const authorize: AccessController['authorize'] = async (request) => {
    const credentials = parseAuthorization(request.authorization);
    if (credentials.kind !== 'bearer') throw refusal(request);
    const bearer = await verify(credentials.token);
    if (!bearer) throw refusal(request, 'invalid_token');
    const { user, grants } = bearer;
    const { accesses } = request;
    if (!accesses.every((access) => isGranted(grants, access))) throw refusal(request, 'insufficient_scope');
    return {
      user,
      mayPush: () => accesses.every(({ repository }) => isGranted(grants, { repository, action: 'push' })),
      mayPull: (repository) => isGranted(grants, { repository, action: 'pull' }),
      // A token names the repositories of one request, not all that its bearer may see.
      visible: undefined,
    };
  };

  return {
    authorize,
    login: undefined,
    update(texts) {
      keys = parseTokenKeys(texts);
    },
  };
}

/** The claim `access`: a list of {type, name, actions}. @throws TypeError when it is something else */
function grantsOf({ access }: JWTPayload): Grants {
  const grants = new Map<string, Set<string>>();
  if (access === undefined || access === null) return grants;
  for (const { type, name, actions } of access as { type: unknown; name: unknown; actions: unknown }[]) {
    // A resource class, as in `repository(plugin)`, says what is in the repository and not which one it is.
    const resource = `${String(type).replace(/\(.*\)$/, '')}:${String(name)}`;
    const granted = grants.get(resource) ?? new Set();
    for (const action of (actions ?? []) as unknown[]) granted.add(String(action));
    grants.set(resource, granted);
  }
  return grants;
}

function isGranted(grants: Grants, { repository, action }: Access): boolean {
  const granted = grants.get(action === 'catalog' ? 'registry:catalog' : `repository:${repository}`);
  return granted !== undefined && (granted.has('*') || (action !== 'catalog' && granted.has(action)));
}
