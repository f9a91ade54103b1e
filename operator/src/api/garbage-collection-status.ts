import { CollectionCounts } from '@wharfinger/registry/config';
import { z } from 'zod';
import { Conditions } from './condition.ts';

const time = z.string().meta({ format: 'date-time' });

/** Where a run is (docs/architecture.md, "Garbage collection"). */
export const GarbageCollectionPhase = z.enum([
  'Queued',
  'Marking',
  'EnteringReadOnly',
  'Sweeping',
  'Restarting',
  'RestoringWrites',
  'RollingOut',
  'Confirming',
  'Restoring',
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
  attempt: z
    .number()
    .int()
    .optional()
    .describe(
      'Names the present window, from 1 on; a second mark after one that failed has the next number.',
    ),
  failedAttempts: z
    .number()
    .int()
    .optional()
    .describe('Windows that were given up and marks that were lost; three of them end the run.'),
  startTime: time.optional(),
  activeTime: time.optional().describe('When the run left the queue last.'),
  markedTime: time.optional().describe('When the present mark was made.'),
  completionTime: time.optional(),
  windowDeadline: time.optional().describe('When writes return at the latest.'),
  windows: z.number().int().optional().describe('How often pushes paused.'),
  windowSeconds: z.number().optional().describe('The longest time for which pushes paused, in seconds.'),
  windowSecondsTotal: z.number().optional().describe('The time for which pushes paused in all, in seconds.'),
  remaining: z
    .number()
    .int()
    .optional()
    .describe('Links, blobs, uploads and tags that the mark gave up and no window has swept yet.'),
  registryUID: z.string().optional().describe('UID of the Registry that is collected.'),
  restoreFromUID: z.string().optional().describe('UID of the run that is undone.'),
  pods: z
    .array(
      z.object({ name: z.string(), boot: z.string().describe('Changes when its supervisor starts anew.') }),
    )
    .max(1000)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional()
    .describe('Pods that confirmed the present window.'),
  collectorPod: z.string().optional().describe('Pod that marks and sweeps, or restores.'),
  collectorBoot: z
    .string()
    .optional()
    .describe('Boot of the supervisor that keeps the mark; with another one the mark is lost.'),
  confirmingPod: z.string().optional().describe('Pod that runs the second mark.'),
  touched: z.boolean().optional().describe('True once the run may have moved something to the trash.'),
  failure: z
    .object({ reason: z.string().max(128), message: z.string().max(1024) })
    .optional()
    .describe('Why this attempt cannot succeed; writes are given back before it ends.'),
  solo: z
    .boolean()
    .optional()
    .describe('True when the only replica goes through the present window by itself.'),
  restartNonce: z.string().optional().describe('Names the restart of the present window.'),
  steps: z
    .array(GarbageCollectionStep)
    .max(256)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional()
    .describe('The steps entered, with their times; of many the first and the last.'),
  omittedSteps: z.number().int().optional().describe('Steps that were left out of the middle of the list.'),
  counts: CollectionCounts.optional().describe(
    'What was marked, deleted, restored and freed; bytes* are bytes.',
  ),
  earlierCounts: CollectionCounts.optional().describe(
    'The part of the counts that was swept with earlier marks of this run, which were lost.',
  ),
  freed: z.string().optional().describe('Space freed, for people, such as 1.2 GiB.'),
  pending: z.string().optional().describe('Space that is freed when undoFor is over, for people.'),
  planRef: z
    .object({ name: z.string() })
    .optional()
    .describe('ConfigMap with the plan of a dry run, `plan.json` and `plan.txt`.'),
  message: z.string().max(1024).optional().describe('One sentence about the run.'),
});
export type GarbageCollectionStatus = z.infer<typeof GarbageCollectionStatus>;
