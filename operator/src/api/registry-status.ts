import { z } from 'zod';
import { Conditions } from './condition.ts';

const time = z.string().meta({ format: 'date-time' });

/** Condition types of a Registry. */
export const RegistryConditionType = z.enum([
  'Ready',
  'Reconciling',
  'Stalled',
  'CertificateReady',
  'ReadOnly',
  'StorageReady',
  'Exposed',
  'GarbageCollectionScheduled',
  'Shared',
  'Suspended',
]);
export type RegistryConditionType = z.infer<typeof RegistryConditionType>;

export const LastCollection = z.object({
  name: z.string().describe('Name of the GarbageCollection.'),
  phase: z.string(),
  completionTime: z.string().meta({ format: 'date-time' }).optional(),
  freed: z.string().optional().describe('Space freed, for people.'),
  pending: z.string().optional().describe('Space that is freed when undoFor is over, for people.'),
});
export type LastCollection = z.infer<typeof LastCollection>;

/** What the schedule remembers, so that no run is made twice and none is missed. */
export const ScheduleStatus = z.object({
  expression: z.string().describe('The schedule and its time zone as taken up; empty while it is suspended.'),
  observedSince: time.describe('When this schedule was taken up: times before that are not made up for.'),
  lastScheduleTime: time.optional().describe('The last time of the schedule that was acted upon.'),
  nextScheduleTime: time.optional().describe('When the next run starts, jitter included.'),
});
export type ScheduleStatus = z.infer<typeof ScheduleStatus>;

/** How far the replacement of a CA is. */
export const CaPhase = z.enum(['Stable', 'Distributing', 'Retiring']);
export type CaPhase = z.infer<typeof CaPhase>;

/** How full the storage is; written again when it has changed by a hundredth of its size. */
export const StorageStatus = z.object({
  capacity: z.string().max(64).optional().describe('What the claim grants, such as 50Gi.'),
  used: z.string().optional().describe('Space used, for people.'),
  usedPercent: z.number().int().optional().describe('Space used, in hundredths of the file system.'),
  usedBytes: z.number().int().optional().describe('Bytes that the registry cannot use any more.'),
  sizeBytes: z.number().int().optional().describe('Bytes of the file system.'),
});
export type StorageStatus = z.infer<typeof StorageStatus>;

export const RegistryStatus = z.object({
  observedGeneration: z.number().int().optional().describe('The generation that the status describes.'),
  conditions: Conditions.optional().describe(
    'Ready, Reconciling, Stalled, CertificateReady, ReadOnly, StorageReady, Exposed, GarbageCollectionScheduled, Shared, Suspended.',
  ),
  lastHandledReconcileAt: z
    .string()
    .optional()
    .describe('The value of the annotation wharfinger.dev/reconcile-at that was acted upon last.'),
  url: z.string().optional().describe('Where clients in reach of the hostname find the registry.'),
  addresses: z
    .array(z.string())
    .optional()
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('Addresses that load balancers gave to the Service and to the Ingress.'),
  replicas: z.number().int().optional(),
  readyReplicas: z.number().int().optional(),
  selector: z.string().optional().describe('Label selector of the pods, for the scale subresource.'),
  image: z.string().optional().describe('Image that the pods run.'),
  certificate: z
    .object({
      notAfter: time,
      fingerprint: z.string().describe('SHA-256 of the certificate, in hex.'),
      renewalTime: time.optional().describe('When it is renewed; without it the operator does not renew it.'),
      issuedBecause: z.string().optional().describe('Why it took the place of the one before.'),
      inUse: z
        .boolean()
        .optional()
        .describe('Every pod that ran then has said that it serves this certificate.'),
    })
    .optional()
    .describe('The serving certificate.'),
  ca: z
    .object({
      notAfter: time.describe('When the first CA above the certificate ends.'),
      fingerprint: z.string().describe('SHA-256 of the CA that clients should trust, in hex.'),
      renewalTime: time
        .optional()
        .describe('When the CA is replaced; without it the operator does not replace it.'),
      phase: CaPhase.describe(
        'Distributing: clients are given a new CA beside the old one; Retiring: the certificate is from the new one, the old one is still published; else Stable.',
      ),
      phaseEnds: time.optional().describe('When the phase ends, if time decides that.'),
    })
    .optional()
    .describe('The CA of the serving certificate, as far as it is known.'),
  caRef: z
    .object({ name: z.string() })
    .optional()
    .describe('ConfigMap whose key `ca.crt` clients should trust.'),
  lastCollection: LastCollection.optional().describe(
    'The garbage collection that ended last; dry runs do not count.',
  ),
  storage: StorageStatus.optional().describe('How large and how full the storage is.'),
  garbageCollectionSchedule: ScheduleStatus.optional().describe('How far spec.garbageCollection is.'),
});
export type RegistryStatus = z.infer<typeof RegistryStatus>;
