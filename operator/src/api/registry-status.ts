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
  'Exposed',
  'GarbageCollectionScheduled',
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

export const RegistryStatus = z.object({
  observedGeneration: z.number().int().optional().describe('The generation that the status describes.'),
  conditions: Conditions.optional().describe(
    'Ready, Reconciling, Stalled, CertificateReady, ReadOnly, Exposed, GarbageCollectionScheduled.',
  ),
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
      notAfter: z.string().meta({ format: 'date-time' }),
      fingerprint: z.string().describe('SHA-256 of the certificate, in hex.'),
    })
    .optional()
    .describe('The serving certificate.'),
  caRef: z
    .object({ name: z.string() })
    .optional()
    .describe('ConfigMap whose key `ca.crt` clients should trust.'),
  lastCollection: LastCollection.optional().describe(
    'The garbage collection that ended last; dry runs do not count.',
  ),
  garbageCollectionSchedule: ScheduleStatus.optional().describe('How far spec.garbageCollection is.'),
});
export type RegistryStatus = z.infer<typeof RegistryStatus>;
