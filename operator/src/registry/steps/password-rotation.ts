import { randomBytes } from 'node:crypto';
import type { HtpasswdUser } from '../../api/registry-auth.ts';
import { type Secret, secrets } from '../../kube/builtin-kinds.ts';
import { isConflict } from '../../kube/errors.ts';
import type { EventFacts } from '../../kube/events.ts';
import { rotationAnnotation } from '../../resources/labels.ts';
import { objectNames } from '../../resources/names.ts';
import { nextPasswordKey, secretText } from '../../resources/secrets.ts';
import { fieldManager } from '../kind.ts';
import { isOwned } from '../ownership.ts';
import type { StepContext } from '../step.ts';

const generatedBytes = 24;

/** A password that the pods are to know before the Secret of the user shows it. */
export interface NextPassword {
  readonly user: HtpasswdUser;
  readonly secret: Secret;
  readonly password: string;
}

/** The next password of a user whose `rotation` asks for one; it is made once, and kept in the Secret until it is promoted. */
export async function nextPassword(
  context: StepContext,
  user: HtpasswdUser,
): Promise<NextPassword | undefined> {
  const { registry, stores, applier } = context;
  if (user.rotation === undefined || user.passwordSecretRef !== undefined) return undefined;
  const name = objectNames(registry.metadata.name).user(user.name);
  const ref = { namespace: registry.metadata.namespace, name };
  const secret = await applier.find(secrets, stores.secrets, ref);
  // A Secret that was made in this pass is in no cache yet, and needs no rotation.
  if (secret === undefined || !isOwned(secret, registry) || isRotated(secret, user)) return undefined;
  const prepared = secretText(secret, nextPasswordKey) ? secret : await prepare(context, secret);
  const password = secretText(prepared, nextPasswordKey);
  if (password === undefined || isRotated(prepared, user)) return undefined;
  return { user, secret: prepared, password };
}

/** Shows the next passwords in their Secrets, now that every pod takes them. */
export async function promote(
  { client }: Pick<StepContext, 'client'>,
  pending: readonly NextPassword[],
): Promise<EventFacts[]> {
  const events: EventFacts[] = [];
  for (const { user, secret, password } of pending) {
    const { resourceVersion } = secret.metadata;
    const patch = {
      metadata: { resourceVersion, annotations: { [rotationAnnotation]: user.rotation } },
      data: { password: Buffer.from(password).toString('base64'), [nextPasswordKey]: null },
    };
    try {
      await client.patchMerge(secrets, secret.metadata, patch, { fieldManager });
    } catch (error) {
      // The cache was behind: its next change tells.
      if (isConflict(error)) continue;
      throw error;
    }
    const note = `user ${user.name} has a new password in Secret ${secret.metadata.name}`;
    events.push({ type: 'Normal', reason: 'PasswordRotated', action: 'Rotate', note });
  }
  return events;
}

function isRotated({ metadata }: Secret, { rotation }: HtpasswdUser): boolean {
  return metadata.annotations?.[rotationAnnotation] === rotation;
}

async function prepare({ client }: StepContext, { metadata }: Secret): Promise<Secret> {
  const { resourceVersion } = metadata;
  const password = randomBytes(generatedBytes).toString('base64url');
  const data = { [nextPasswordKey]: Buffer.from(password).toString('base64') };
  try {
    return await client.patchMerge(
      secrets,
      metadata,
      { metadata: { resourceVersion }, data },
      { fieldManager },
    );
  } catch (error) {
    if (!isConflict(error)) throw error;
    return client.get(secrets, metadata);
  }
}
