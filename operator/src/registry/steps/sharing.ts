import { configMaps, secrets } from '../../kube/builtin-kinds.ts';
import { isNamespaceTerminating, isNotFound } from '../../kube/errors.ts';
import { keyOf } from '../../kube/resource.ts';
import { consentLabel } from '../../resources/labels.ts';
import { objectNames } from '../../resources/names.ts';
import { type Login, pullSecret, sharedCa } from '../../resources/shared.ts';
import type { OwnManifest } from '../applier.ts';
import { requireShared } from '../ownership.ts';
import { type Problem, stalled } from '../problem.ts';
import { problemOf } from '../refusal.ts';
import { attach } from '../sharing/attaching.ts';
import { type Share, sharesOf } from '../sharing/shares.ts';
import { withdraw } from '../sharing/withdrawal.ts';
import type { StepContext } from '../step.ts';
import { userPassword } from './user-passwords.ts';

/** How much a Registry gives away. */
export interface Sharing {
  readonly objects: number;
  readonly namespaces: number;
}

/** Makes the object for one place. */
type Make = (place: { namespace: string; name: string }) => OwnManifest;

/**
 * Pull secrets and the CA in the namespaces that the spec names and that consent; what was given before and is no longer wanted goes.
 * Undefined when the spec gives nothing away.
 * @param url where clients find the registry
 */
export async function sharing(context: StepContext, url: string): Promise<Sharing | undefined> {
  const { registry, stores } = context;
  const source = keyOf(registry.metadata);
  const shares = sharesOf(registry, stores.namespaces.list());
  const places = new Set<string>();
  const attachments = new Map<string, Set<string>>();
  for (const share of shares) {
    if (share.refusing.length > 0) context.report(noConsent(share, registry.metadata.namespace));
    const make = await maker(context, share, url);
    for (const namespace of share.namespaces) {
      const place = { namespace, name: share.name };
      places.add(`${share.kind} ${keyOf(place)}`);
      if (make !== undefined && !(await give(context, share, make(place)))) continue;
      for (const account of share.serviceAccounts) {
        const key = `${namespace}/${account}`;
        attachments.set(key, (attachments.get(key) ?? new Set()).add(share.name));
      }
    }
  }
  const { missing, errors } = await attach(context, source, attachments);
  for (const account of missing) context.report(noAccount(account));
  for (const error of [...errors, ...(await withdraw(context, source, places))]) tolerate(context, error);
  if (shares.length === 0) return undefined;
  const namespaces = new Set(shares.flatMap((share) => share.namespaces));
  return { objects: places.size, namespaces: namespaces.size };
}

/** Undefined when what is to be given is not known now: what was given before stays. */
async function maker(context: StepContext, share: Share, url: string): Promise<Make | undefined> {
  const { registry, stores, applier } = context;
  if (share.kind === 'Secret') {
    const login = await loginOf(context, share.user ?? '');
    return login && ((place) => pullSecret(registry, place, login, url));
  }
  const ref = { namespace: registry.metadata.namespace, name: objectNames(registry.metadata.name).ca };
  const own = await applier.find(configMaps, stores.configMaps, ref);
  const certificate = own?.data?.['ca.crt'];
  if (certificate !== undefined) return (place) => sharedCa(registry, place, certificate);
  const message = `spec.caBundle: the CA is not known; put it under ca.crt into Secret ${registry.spec.tls.secretName ?? ''}, or remove caBundle`;
  if (registry.spec.tls.secretName !== undefined) context.report(about(stalled('CAUnknown', message)));
  return undefined;
}

/** The step that makes the users has told already what is wrong with a password. */
async function loginOf(context: StepContext, name: string): Promise<Login | undefined> {
  const user = context.registry.spec.auth?.htpasswd.users?.find((one) => one.name === name);
  if (user === undefined) return undefined;
  try {
    return { username: name, password: await userPassword(context, user) };
  } catch (error) {
    if (problemOf(error) === undefined) throw error;
    return undefined;
  }
}

/** Whether the object is there now. */
async function give(context: StepContext, share: Share, manifest: OwnManifest): Promise<boolean> {
  const { applier, stores, registry } = context;
  const check = requireShared(share, registry);
  try {
    if (share.kind === 'Secret') await applier.apply(secrets, stores.secrets, manifest, check);
    else await applier.apply(configMaps, stores.configMaps, manifest, check);
    return true;
  } catch (error) {
    tolerate(context, error);
    return false;
  }
}

/** One namespace that cannot be written keeps nobody else from getting something. Throws what another try may overcome. */
function tolerate(context: StepContext, error: unknown): void {
  // The namespace goes, or is gone, and all that was given to it as well.
  if (isNotFound(error) || isNamespaceTerminating(error)) return;
  const problem = problemOf(error);
  if (problem === undefined) throw error;
  context.report(about(problem));
}

function noConsent({ field, refusing }: Share, own: string): Problem {
  const which = refusing.length === 1 ? 'namespace' : 'namespaces';
  const names = refusing.join(' ');
  const message = `${field}.namespaces: no consent of ${which} ${refusing.join(', ')}; whoever administers them has to run: kubectl label namespace ${names} ${consentLabel(own)}=true`;
  return about(stalled('ConsentMissing', message));
}

function noAccount(key: string): Problem {
  const [namespace, name] = key.split('/');
  const message = `spec.pullSecrets: namespace ${namespace} has no ServiceAccount ${name}; create it, or remove it from serviceAccounts`;
  return about(stalled('ServiceAccountMissing', message));
}

function about(problem: Problem): Problem {
  return { ...problem, stalled: true, about: 'sharing' };
}
