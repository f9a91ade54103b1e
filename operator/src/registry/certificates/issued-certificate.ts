import type { IssuedTls } from '../../api/registry-tls.ts';
import { durationMs } from '../../api/duration.ts';
import { secrets } from '../../kube/builtin-kinds.ts';
import { pemFingerprint, rootOf } from '../../pki/bundle.ts';
import { altNameOf, certificateFacts, checkCredentials } from '../../pki/inspection.ts';
import type { Credentials, Issuer } from '../../pki/issuer.ts';
import { issueLeaf } from '../../pki/leaf.ts';
import { type CertificateWish, renewalReason, renewalTime } from '../../pki/renewal.ts';
import type { TrustedCa } from '../../pki/trust.ts';
import { endOfChain } from '../../pki/validity.ts';
import type { CertificateNames } from '../../resources/certificate-names.ts';
import { issuedBecauseAnnotation, rotateCertificateAnnotation } from '../../resources/labels.ts';
import { objectNames } from '../../resources/names.ts';
import { servingSecret } from '../../resources/secrets.ts';
import { requireOwned } from '../ownership.ts';
import type { StepContext } from '../step.ts';
import { ensureLeaf } from '../steps/leaf-secret.ts';
import { authorityFacts } from './authority-facts.ts';
import { intermediateIssuer } from './intermediate.ts';
import { leafKey } from './key-choice.ts';
import { chainOf, credentialsOf } from './secret-credentials.ts';
import type { ServingCertificate } from './serving-certificate.ts';
import { overlapMs, publishTrust } from './trust-bundle.ts';

/** A CA to issue from, and what is asked of the certificate. */
export interface IssuingSource {
  readonly issuer: Issuer;
  /** CAs that clients are to trust although nothing is issued from them yet, PEM. */
  readonly upcoming: readonly string[];
  /** When the CA is to be replaced, in milliseconds since 1970. */
  readonly replacement?: number | undefined;
  readonly settings: IssuedTls;
  readonly names: CertificateNames;
  /** Throws when clients would refuse what was issued. */
  readonly check?: (issued: Credentials, issuer: Issuer) => Promise<void>;
}

/** The certificate in `NAME-tls`, issued by the source's CA once clients had the time to trust that. */
export async function issuedCertificate(
  context: StepContext,
  source: IssuingSource,
): Promise<ServingCertificate> {
  const { registry, now } = context;
  const served = await servedChain(context);
  const cas = await publishTrust(context, { wanted: [...source.issuer.roots, ...source.upcoming], served });
  const { issuer, nextRenewal } = await issuerOf(context, source);
  const { dnsNames, ipAddresses } = source.names;
  const { settings } = source;
  const wish = wishFor(context, settings);
  const request = { issuer, ...wish, usage: 'server', dnsNames, ipAddresses, now } as const;
  const asked = registry.metadata.annotations?.[rotateCertificateAnnotation];
  const renewBeforeMs = settings.renewBefore === undefined ? undefined : durationMs(settings.renewBefore);
  const latestEnd = endOfChain(issuer).getTime();
  const secret = await ensureLeaf(context, {
    name: objectNames(registry.metadata.name).tls,
    check: (live) => requireOwned(secrets.kind, live, registry),
    renewal: (certificate, live) => {
      if (hasToWait(context, issuer, chainOf(live), cas)) return undefined;
      const answered = live.metadata.annotations?.[rotateCertificateAnnotation];
      if (asked !== undefined && asked !== answered) return 'it was asked for';
      return renewalReason({
        certificate,
        authority: issuer.credentials.certificate,
        chain: issuer.chain,
        names: [
          ...dnsNames.map((name) => altNameOf('dns', name)),
          ...ipAddresses.map((address) => altNameOf('ip', address)),
        ],
        wish,
        latestEnd,
        renewBeforeMs,
        now,
      });
    },
    issue: async (reason) => {
      const issued = await issueLeaf(request);
      await source.check?.(issued, issuer);
      return servingSecret(registry, issued, {
        ...(reason === undefined ? {} : { [issuedBecauseAnnotation]: reason }),
        ...(asked === undefined ? {} : { [rotateCertificateAnnotation]: asked }),
      });
    },
  });
  const leaf = credentialsOf(secret);
  const facts = checkCredentials(leaf.certificate, leaf.privateKey, now);
  const renewal = facts.notAfter < latestEnd ? renewalTime(facts, renewBeforeMs) : undefined;
  const authority = authorityFacts({ ...source, cas, issuer, overlapMs: overlapMs(registry) });
  return {
    facts,
    renewalTime: renewal,
    issuedBecause: secret.metadata.annotations?.[issuedBecauseAnnotation],
    caName: cas.length === 0 ? undefined : objectNames(registry.metadata.name).ca,
    authority,
    nextChange: earliest(renewal, nextRenewal, source.replacement, authority.phaseEnds),
  };
}

/** The first of the times that are known. */
export function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

async function servedChain({ registry, stores, applier }: StepContext): Promise<string[]> {
  const { name, namespace } = registry.metadata;
  const secret = await applier.find(secrets, stores.secrets, { namespace, name: objectNames(name).tls });
  return secret === undefined ? [] : chainOf(secret);
}

async function issuerOf(
  context: StepContext,
  { issuer, settings }: IssuingSource,
): Promise<{ issuer: Issuer; nextRenewal: number | undefined }> {
  if (settings.intermediate === undefined) return { issuer, nextRenewal: undefined };
  const below = await intermediateIssuer(context, issuer, settings);
  const facts = certificateFacts(below.credentials.certificate);
  const nextRenewal = facts.notAfter < endOfChain(issuer).getTime() ? renewalTime(facts) : undefined;
  return { issuer: below, nextRenewal };
}

function wishFor({ registry }: StepContext, settings: IssuedTls): CertificateWish {
  const { subject, validityDays } = settings;
  return {
    key: leafKey(settings),
    subject: { ...subject, commonName: registry.spec.hostname },
    validityDays,
    urls: settings,
  };
}

/**
 * Whether clients have yet to take up the issuer's CA, while the certificate that is there is from one that they have. It is no use to
 * wait for a time that this certificate does not live to see.
 */
function hasToWait(
  { registry }: StepContext,
  issuer: Issuer,
  served: readonly string[],
  cas: readonly TrustedCa[],
): boolean {
  const root = rootOf([issuer.credentials.certificate, ...issuer.chain], issuer.roots);
  const coming = cas.find((ca) => ca.state === 'new' && root !== undefined && isSame(ca.certificate, root));
  if (coming === undefined) return false;
  const present = rootOf(
    served,
    cas.map((ca) => ca.certificate),
  );
  if (present === undefined || isSame(present, coming.certificate)) return false;
  return certificateFacts(served[0] ?? '').notAfter > coming.since + overlapMs(registry);
}

function isSame(one: string, other: string): boolean {
  return pemFingerprint(one) === pemFingerprint(other);
}
