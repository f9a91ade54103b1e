import { CollectionCounts } from '@wharfinger/registry/config';
import { z } from 'zod';
import { Conditions } from './condition.ts';

const time = z.string().meta({ format: 'date-time' });

/** Where a run is (docs/architecture.md, "Garbage collection"). */
export const GarbageCollectionPhase = z.enum([
  'Queued',
  'EnteringReadOnly',
  'Sweeping',
  'Restarting',
  'RestoringWrites',
  'Confirming',
  'Succeeded',
  'Failed',
]);
export type GarbageCollectionPhase = z.infer<typeof GarbageCollectionPhase>;

/** One step of a run, in the order in which they were entered. */
export const GarbageCollectionStep = z.object({
  name: GarbageCollectionPhase,
  startTime: time,
  completionTime: time.optional(),
  message: z.string().max(1024).optional(),
});
export type GarbageCollectionStep = z.infer<typeof GarbageCollectionStep>;

export const GarbageCollectionStatus = z.object({
  observedGeneration: z.number().int().optional(),
  phase: GarbageCollectionPhase.optional(),
  conditions: Conditions.optional().describe('Succeeded, Ready, Reconciling, Stalled.'),
  attempt: z.number().int().optional().describe('Counts the windows tried, from 0.'),
  startTime: time.optional(),
  completionTime: time.optional(),
  windowDeadline: time.optional().describe('When writes return at the latest.'),
  windowSeconds: z.number().optional().describe('How long pushes paused, in seconds.'),
  registryUID: z.string().optional().describe('UID of the Registry that is collected.'),
  pods: z
    .array(
      z.object({ name: z.string(), boot: z.string().describe('Changes when its supervisor starts anew.') }),
    )
    .max(1000)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional()
    .describe('Pods that confirmed the window of this attempt.'),
  collectorPod: z.string().optional().describe('Pod that runs the collector.'),
  confirmingPod: z.string().optional().describe('Pod that runs the second mark.'),
  touched: z.boolean().optional().describe('True once this attempt may have moved something to the trash.'),
  failure: z
    .object({ reason: z.string().max(128), message: z.string().max(1024) })
    .optional()
    .describe('Why this attempt cannot succeed; writes are given back before it ends.'),
  restartNonce: z.string().optional().describe('Names the restart of this attempt.'),
  steps: z
    .array(GarbageCollectionStep)
    .max(256)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional()
    .describe('Every step entered, with its times.'),
  counts: CollectionCounts.optional().describe(
    'What was marked, deleted, restored and freed; bytes* are bytes.',
  ),
  freed: z.string().optional().describe('Space freed, for people, such as 1.2 GiB.'),
  message: z.string().max(1024).optional().describe('One sentence about the run.'),
});
export type GarbageCollectionStatus = z.infer<typeof GarbageCollectionStatus>;
