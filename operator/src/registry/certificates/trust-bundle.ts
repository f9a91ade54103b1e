import { z } from 'zod';
import { durationMs } from '../../api/duration.ts';
import type { Registry } from '../../api/registry.ts';
import { type ConfigMap, configMaps } from '../../kube/builtin-kinds.ts';
import { certificatesIn, pemFingerprint, rootOf } from '../../pki/bundle.ts';
import { CertificateError } from '../../pki/certificate-error.ts';
import { nextTrust, type TrustedCa } from '../../pki/trust.ts';
import { caConfigMap } from '../../resources/config-maps.ts';
import { endCaOverlapAnnotation, trustAnnotation } from '../../resources/labels.ts';
import { objectNames } from '../../resources/names.ts';
import { isOwned, requireOwned } from '../ownership.ts';
import type { StepContext } from '../step.ts';

const defaultOverlapMs = 24 * 3_600_000;

const TrustRecord = z.record(
  z.string(),
  z.object({ state: z.enum(['new', 'trusted', 'leaving']), since: z.iso.datetime() }),
);
type TrustRecord = z.infer<typeof TrustRecord>;

/** How long clients are given to take up a CA, and how long an old one stays, in milliseconds. */
export function overlapMs(registry: Registry): number {
  const { trustOverlap } = registry.spec.tls;
  return trustOverlap === undefined ? defaultOverlapMs : durationMs(trustOverlap);
}

/** What the ConfigMap `NAME-ca` gives to clients now, and how far they are with it. */
export async function publishedTrust(context: StepContext): Promise<TrustedCa[]> {
  const live = await liveBundle(context);
  if (live === undefined || !isOwned(live, context.registry)) return [];
  const record = recordOf(live);
  const certificates = certificatesOf(live);
  return certificates.map((certificate) => {
    const known = record[pemFingerprint(certificate)];
    // An operator that kept no record published the one that was in use; of several, who lost the record knows nothing.
    if (known === undefined && certificates.length === 1) return { certificate, state: 'trusted', since: 0 };
    if (known === undefined) return { certificate, state: 'new', since: context.now.getTime() };
    return { certificate, state: known.state, since: Date.parse(known.since) };
  });
}

export interface TrustRequest {
  /** PEM, in the order in which clients are to see it. */
  readonly wanted: readonly string[];
  /** The certificate that pods serve, with what they send after it, PEM; empty: there is none. */
  readonly served: readonly string[];
}

/**
 * Brings the ConfigMap to what clients should trust now: a CA that comes is there before a certificate from it is served, one that goes
 * is there until no pod has needed it for the overlap. What comes out is in the ConfigMap.
 */
export async function publishTrust(context: StepContext, request: TrustRequest): Promise<TrustedCa[]> {
  const { registry, stores, applier, now, before } = context;
  const { wanted, served } = request;
  const published = await publishedTrust(context);
  const known = [...wanted, ...published.map((ca) => ca.certificate)];
  const fingerprint = served[0] && pemFingerprint(served[0]);
  const asked = registry.metadata.annotations?.[endCaOverlapAnnotation];
  const answered = (await liveBundle(context))?.metadata.annotations?.[endCaOverlapAnnotation];
  const cas = nextTrust({
    published,
    wanted,
    inUse: served.length === 0 ? undefined : rootOf(served, known),
    confirmed: before.certificate?.inUse === true && before.certificate.fingerprint === fingerprint,
    overlapMs: overlapMs(registry),
    endOverlap: asked !== undefined && asked !== answered,
    now: now.getTime(),
  });
  // Nobody is told of a CA; what is there is removed.
  if (cas.length === 0) return [];
  const annotations = {
    [trustAnnotation]: JSON.stringify(recordFor(cas)),
    ...(asked === undefined ? {} : { [endCaOverlapAnnotation]: asked }),
  };
  const bundle = cas.map((ca) => ca.certificate).join('');
  await applier.apply(configMaps, stores.configMaps, caConfigMap(registry, bundle, annotations), (live) =>
    requireOwned(configMaps.kind, live, registry),
  );
  return cas;
}

function liveBundle({ registry, stores, applier }: StepContext): Promise<ConfigMap | undefined> {
  const { name, namespace } = registry.metadata;
  return applier.find(configMaps, stores.configMaps, { namespace, name: objectNames(name).ca });
}

function recordFor(cas: readonly TrustedCa[]): TrustRecord {
  const entries = cas.map(({ certificate, state, since }) => [
    pemFingerprint(certificate),
    { state, since: new Date(since).toISOString() },
  ]);
  return Object.fromEntries(entries) as TrustRecord;
}

function recordOf({ metadata }: ConfigMap): TrustRecord {
  try {
    return TrustRecord.parse(JSON.parse(metadata.annotations?.[trustAnnotation] ?? '{}'));
  } catch {
    return {};
  }
}

/** What somebody broke is written anew. */
function certificatesOf({ data }: ConfigMap): string[] {
  try {
    return certificatesIn(data?.['ca.crt'] ?? '', 'ca.crt');
  } catch (error) {
    if (error instanceof CertificateError) return [];
    throw error;
  }
}
