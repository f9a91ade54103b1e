import type { HtpasswdUser } from '../../api/registry-auth.ts';
import { secrets } from '../../kube/builtin-kinds.ts';
import { objectNames } from '../../resources/names.ts';
import { htpasswdSecret, secretText } from '../../resources/secrets.ts';
import { formatHtpasswd, parseHtpasswd } from '../htpasswd-file.ts';
import { requireOwned } from '../ownership.ts';
import { ProblemError, stalled } from '../problem.ts';
import { problemOf } from '../refusal.ts';
import type { StepContext } from '../step.ts';
import { userPassword } from './user-passwords.ts';

/** The htpasswd file that the pods should use; undefined when anybody may come in. */
export async function htpasswd(context: StepContext): Promise<string | undefined> {
  const { auth } = context.registry.spec;
  if (auth === undefined) return undefined;
  const { secretName } = auth.htpasswd;
  return secretName === undefined
    ? ownFile(context, auth.htpasswd.users ?? [])
    : givenFile(context, secretName);
}

async function ownFile(context: StepContext, users: readonly HtpasswdUser[]): Promise<string> {
  const { registry, stores, applier } = context;
  const ref = { namespace: registry.metadata.namespace, name: objectNames(registry.metadata.name).htpasswd };
  const stored = await applier.find(secrets, stores.secrets, ref);
  if (stored) requireOwned(secrets.kind, stored, registry);
  const before = parseHtpasswd(secretText(stored, 'htpasswd') ?? '');
  const entries = new Map<string, string>();
  for (const user of users) {
    const entry = await hashOf(context, user, before.get(user.name));
    if (entry !== undefined) entries.set(user.name, entry);
  }
  const file = formatHtpasswd(entries);
  await applier.apply(secrets, stores.secrets, htpasswdSecret(registry, file), (live) =>
    requireOwned(secrets.kind, live, registry),
  );
  return file;
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
