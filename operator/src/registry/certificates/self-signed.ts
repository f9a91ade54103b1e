import { durationMs } from '../../api/duration.ts';
import type { SelfSignedTls } from '../../api/registry-tls.ts';
import { type Secret, secrets } from '../../kube/builtin-kinds.ts';
import { createAuthority } from '../../pki/authority.ts';
import { pemFingerprint } from '../../pki/bundle.ts';
import { pathLengthOf } from '../../pki/authority-check.ts';
import { CertificateError } from '../../pki/certificate-error.ts';
import { certificateFacts, checkCredentials, isPair } from '../../pki/inspection.ts';
import { type Credentials, rootIssuer } from '../../pki/issuer.ts';
import { renewalTime } from '../../pki/renewal.ts';
import { authorityName, generationOf } from '../../pki/subject.ts';
import { certificateNames } from '../../resources/certificate-names.ts';
import { issuedBecauseAnnotation, rotateCaAnnotation } from '../../resources/labels.ts';
import { objectNames } from '../../resources/names.ts';
import { caSecret, nextCa, secretText } from '../../resources/secrets.ts';
import { fieldManager } from '../kind.ts';
import { requireOwned } from '../ownership.ts';
import { ProblemError, stalled } from '../problem.ts';
import type { StepContext } from '../step.ts';
import { authorityKey } from './key-choice.ts';
import { issuedCertificate } from './issued-certificate.ts';
import { credentialsOf } from './secret-credentials.ts';
import type { ServingCertificate } from './serving-certificate.ts';
import { publishedTrust } from './trust-bundle.ts';

/** The CA that certificates are issued from, and the one that takes its place once clients trust it. */
interface OwnAuthority {
  readonly active: Credentials;
  readonly next: Credentials | undefined;
}

/**
 * A certificate from the CA in `NAME-ca`. That CA is replaced in steps, each of which is one write: the next one is put beside it, both
 * are published, the next one takes its place, and the old one is taken from clients. Whoever goes on finds in the objects where it is.
 */
export async function selfSignedCertificate(
  context: StepContext,
  settings: SelfSignedTls,
): Promise<ServingCertificate> {
  const { active, next } = await currentAuthority(context, settings);
  const facts = certificateFacts(active.certificate);
  return issuedCertificate(context, {
    issuer: rootIssuer(active),
    upcoming: next ? [next.certificate] : [],
    replacement: next ? undefined : renewalTime(facts, renewBeforeMs(settings)),
    settings: pathLengthOf(active.certificate) < roomFor(settings) ? withoutIntermediate(settings) : settings,
    names: certificateNames(context.registry),
  });
}

async function currentAuthority(context: StepContext, settings: SelfSignedTls): Promise<OwnAuthority> {
  const { registry, stores, applier } = context;
  const { name, namespace } = registry.metadata;
  const ref = { namespace, name: objectNames(name).ca };
  const secret = await applier.createOnce(secrets, stores.secrets, ref, async () =>
    caSecret(registry, await makeAuthority(context, settings), { annotations: answered(context) }),
  );
  requireOwned(secrets.kind, secret, registry);
  const change = await changeOf(context, settings, secret);
  if (change === undefined) return authorityIn(secret);
  // The cache may be behind our own last write.
  const live = await context.client.get(secrets, ref);
  requireOwned(secrets.kind, live, registry);
  const last = await changeOf(context, settings, live);
  return last === undefined ? authorityIn(live) : write(context, live, await last());
}

interface Written extends OwnAuthority {
  readonly annotations: Readonly<Record<string, string>>;
}

/** What is to be done with the CA now, if anything. */
async function changeOf(
  context: StepContext,
  settings: SelfSignedTls,
  secret: Secret,
): Promise<(() => Promise<Written>) | undefined> {
  const { active, next } = authorityIn(secret);
  requireUsable(context, active);
  const kept = keptAnnotations(secret);
  if (next !== undefined) {
    const isPromoted = (await isTrusted(context, next)) || isOver(active, context.now);
    return isPromoted ? async () => ({ active: next, next: undefined, annotations: kept }) : undefined;
  }
  const reason = replacementReason(context, settings, active, secret);
  if (reason === undefined) return undefined;
  return async () => {
    const made = await makeAuthority(context, settings);
    const annotations = { ...kept, ...answered(context), [issuedBecauseAnnotation]: reason };
    // Nobody is served by a CA that is over.
    const isDead = isOver(active, context.now);
    return isDead ? { active: made, next: undefined, annotations } : { active, next: made, annotations };
  };
}

function replacementReason(
  { registry, now }: StepContext,
  settings: SelfSignedTls,
  active: Credentials,
  secret: Secret,
): string | undefined {
  const asked = registry.metadata.annotations?.[rotateCaAnnotation];
  if (asked !== undefined && asked !== secret.metadata.annotations?.[rotateCaAnnotation])
    return 'it was asked for';
  if (pathLengthOf(active.certificate) < roomFor(settings)) return 'it may have no intermediate CA below it';
  if (nextIn(secret) !== undefined) return 'the one that was to follow it is broken';
  const facts = certificateFacts(active.certificate);
  return now.getTime() < renewalTime(facts, renewBeforeMs(settings)) ? undefined : 'it expires soon';
}

/** Whether clients had the time to take up this CA, as the ConfigMap says. */
async function isTrusted(context: StepContext, { certificate }: Credentials): Promise<boolean> {
  const published = await publishedTrust(context);
  const name = pemFingerprint(certificate);
  return published.some((ca) => ca.state === 'trusted' && pemFingerprint(ca.certificate) === name);
}

/** One write from what was read: it fails when somebody else was first. */
async function write(context: StepContext, live: Secret, written: Written): Promise<OwnAuthority> {
  const { client, registry } = context;
  const { uid, resourceVersion } = live.metadata;
  const manifest = caSecret(registry, written.active, written);
  const metadata = {
    ...manifest.metadata,
    ...(uid ? { uid } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
  };
  return authorityIn(await client.apply(secrets, { ...manifest, metadata }, { fieldManager }));
}

async function makeAuthority(context: StepContext, settings: SelfSignedTls): Promise<Credentials> {
  const { registry, now } = context;
  const { subject, validityDays, ca } = settings;
  const generation = 1 + Math.max(0, ...(await publishedTrust(context)).map(generationOf));
  return createAuthority({
    subject: { ...subject, commonName: authorityName(registry.spec.hostname, generation) },
    key: authorityKey(settings),
    validityDays: ca.validityDays ?? validityDays * 2,
    pathLength: roomFor(settings),
    now,
  });
}

/** How many CAs are to stand between the CA and the certificate. */
function roomFor({ intermediate }: SelfSignedTls): number {
  return intermediate === undefined ? 0 : 1;
}

/** A CA that cannot be used is the user's to solve; one that is over is replaced. */
function requireUsable({ registry, now }: StepContext, active: Credentials): void {
  try {
    checkCredentials(active.certificate, active.privateKey, now);
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    if (isReadable(active.certificate) && isOver(active, now)) return;
    const { ca } = objectNames(registry.metadata.name);
    const message = `Secret ${ca} holds no usable CA: ${error.message}; delete it to have a new CA made`;
    throw new ProblemError(stalled('InvalidCA', message, 'certificate'));
  }
}

/** Until there is a CA that may have one below it. */
function withoutIntermediate(settings: SelfSignedTls): SelfSignedTls {
  return { ...settings, intermediate: undefined };
}

function isReadable(pem: string): boolean {
  try {
    return certificateFacts(pem).notAfter > 0;
  } catch {
    return false;
  }
}

function isOver({ certificate }: Credentials, now: Date): boolean {
  return certificateFacts(certificate).notAfter <= now.getTime();
}

function authorityIn(secret: Secret): OwnAuthority {
  const next = nextIn(secret);
  return {
    active: credentialsOf(secret),
    next: next && isPair(next.certificate, next.privateKey) ? next : undefined,
  };
}

/** The CA that is to follow, as the Secret says. */
function nextIn(secret: Secret): Credentials | undefined {
  const certificate = secretText(secret, nextCa.certificate);
  const privateKey = secretText(secret, nextCa.privateKey);
  // A copy of the active one, which a restore put back, is no next one.
  if (!certificate || !privateKey || certificate === credentialsOf(secret).certificate) return undefined;
  return { certificate, privateKey };
}

function answered({ registry }: StepContext): Record<string, string> {
  const asked = registry.metadata.annotations?.[rotateCaAnnotation];
  return asked === undefined ? {} : { [rotateCaAnnotation]: asked };
}

function keptAnnotations({ metadata }: Secret): Record<string, string> {
  const all = metadata.annotations ?? {};
  const kept = [rotateCaAnnotation, issuedBecauseAnnotation].map((key) => [key, all[key]]);
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined)) as Record<string, string>;
}

function renewBeforeMs({ ca }: SelfSignedTls): number | undefined {
  return ca.renewBefore === undefined ? undefined : durationMs(ca.renewBefore);
}
