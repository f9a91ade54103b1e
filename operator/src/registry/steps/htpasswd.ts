import { durationMs } from '../../api/duration.ts';
import type { HtpasswdAuth, HtpasswdUser } from '../../api/registry-auth.ts';
import { secrets } from '../../kube/builtin-kinds.ts';
import { objectNames } from '../../resources/names.ts';
import { htpasswdSecret, secretText } from '../../resources/secrets.ts';
import { type FurtherHash, formatHtpasswd, parseFurther, parseHtpasswd } from '../htpasswd-file.ts';
import { requireOwned } from '../ownership.ts';
import { firstEnd, overlapping } from '../password-overlap.ts';
import { ProblemError, stalled } from '../problem.ts';
import { problemOf } from '../refusal.ts';
import type { StepContext } from '../step.ts';
import { nextPassword, type NextPassword } from './password-rotation.ts';
import { userPassword } from './user-passwords.ts';

export interface UsersFile {
  /** Text of the htpasswd file that the pods should use. */
  readonly text: string;
  /** Passwords that the file lets in and that their Secrets do not show yet. */
  readonly pending: readonly NextPassword[];
  /** When the next password in it is over, in milliseconds since 1970. */
  readonly firstEnd: number | undefined;
}

/** The users; undefined when anybody may come in. */
export async function htpasswd(context: StepContext): Promise<UsersFile | undefined> {
  const { auth } = context.registry.spec;
  if (auth === undefined) return undefined;
  const { secretName } = auth.htpasswd;
  if (secretName === undefined) return ownFile(context, auth.htpasswd);
  return { text: await givenFile(context, secretName), pending: [], firstEnd: undefined };
}

async function ownFile(
  context: StepContext,
  { users = [], passwordOverlap = '0s' }: HtpasswdAuth,
): Promise<UsersFile> {
  const { registry, stores, applier, now } = context;
  const overlapMs = durationMs(passwordOverlap);
  const ref = { namespace: registry.metadata.namespace, name: objectNames(registry.metadata.name).htpasswd };
  const stored = await applier.find(secrets, stores.secrets, ref);
  if (stored) requireOwned(secrets.kind, stored, registry);
  const text = secretText(stored, 'htpasswd') ?? '';
  const hashes = parseHtpasswd(text);
  const known = parseFurther(text);
  const entries = new Map<string, string>();
  const further: FurtherHash[] = [];
  const pending: NextPassword[] = [];
  for (const user of users) {
    const { name } = user;
    const before = hashes.get(name);
    const current = await hashOf(context, user, before);
    if (current === undefined) continue;
    entries.set(name, current);
    further.push(...overlapping({ user: name, before, current, further: known, overlapMs, now }));
    const next = await nextPassword(context, user);
    if (next === undefined) continue;
    const prepared = known.find((one) => one.user === name && one.until === undefined)?.hash;
    further.push({ user: name, hash: await context.hashes.of(next.password, prepared), until: undefined });
    pending.push(next);
  }
  const file = formatHtpasswd(entries, further);
  await applier.apply(secrets, stores.secrets, htpasswdSecret(registry, file), (live) =>
    requireOwned(secrets.kind, live, registry),
  );
  return { text: file, pending, firstEnd: firstEnd(further) };
}

/** A user whose password cannot be read keeps the one that held before, if any; the others are not concerned. */
async function hashOf(
  context: StepContext,
  user: HtpasswdUser,
  before: string | undefined,
): Promise<string | undefined> {
  try {
    return await context.hashes.of(await userPassword(context, user), before);
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    context.report(problem);
    return before;
  }
}

async function givenFile(context: StepContext, secretName: string): Promise<string> {
  const { client, registry } = context;
  const secret = await client.find(secrets, { namespace: registry.metadata.namespace, name: secretName });
  const file = secretText(secret, 'htpasswd');
  if (file !== undefined) return file;
  const what = secret === undefined ? 'does not exist; create it with' : 'has no';
  const message = `spec.auth.htpasswd.secretName: Secret ${secretName} ${what} the key htpasswd`;
  throw new ProblemError(stalled('SecretMissing', message));
}
