import { randomBytes } from 'node:crypto';
import type { HtpasswdUser } from '../../api/registry-auth.ts';
import { secrets } from '../../kube/builtin-kinds.ts';
import { objectNames } from '../../resources/names.ts';
import { secretText, userSecret } from '../../resources/secrets.ts';
import { requireOwned } from '../ownership.ts';
import { ProblemError, stalled } from '../problem.ts';
import type { StepContext } from '../step.ts';

/** bcrypt reads no further. */
const maxPasswordBytes = 72;
const generatedBytes = 24;

/** The password of a user: the one referred to, or one that is generated once. */
export async function userPassword(context: StepContext, user: HtpasswdUser): Promise<string> {
  const found = user.passwordSecretRef
    ? await referredPassword(context, user.name, user.passwordSecretRef)
    : await generatedPassword(context, user);
  // Files and editors end a line; a password does not.
  const password = found.replace(/\r?\n$/, '');
  const field = `spec.auth.htpasswd.users[${user.name}]`;
  if (password === '') throw problem(`${field}: the password in its Secret is empty; put one there`);
  if (Buffer.byteLength(password) <= maxPasswordBytes) return password;
  throw problem(
    `${field}: the password in its Secret is longer than the ${maxPasswordBytes} bytes of bcrypt; shorten it`,
  );
}

async function referredPassword(
  context: StepContext,
  user: string,
  ref: NonNullable<HtpasswdUser['passwordSecretRef']>,
): Promise<string> {
  const { client, registry } = context;
  const field = `spec.auth.htpasswd.users[${user}].passwordSecretRef`;
  const secret = await client.find(secrets, { namespace: registry.metadata.namespace, name: ref.name });
  if (secret === undefined)
    throw problem(`${field}: Secret ${ref.name} does not exist; create it with the key ${ref.key}`);
  const password = secretText(secret, ref.key);
  if (password === undefined)
    throw problem(`${field}: Secret ${ref.name} has no key ${ref.key}; add it or correct the key`);
  return password;
}

async function generatedPassword(context: StepContext, user: HtpasswdUser): Promise<string> {
  const { registry, stores, applier } = context;
  const name = objectNames(registry.metadata.name).user(user.name);
  const ref = { namespace: registry.metadata.namespace, name };
  const secret = await applier.createOnce(secrets, stores.secrets, ref, async () =>
    userSecret(registry, user, randomBytes(generatedBytes).toString('base64url')),
  );
  requireOwned(secrets.kind, secret, registry);
  return secretText(secret, 'password') ?? '';
}

function problem(message: string): ProblemError {
  return new ProblemError(stalled('PasswordMissing', message));
}
