import { z } from 'zod';
import { collectionOptions } from './collection-options.ts';
import { durationBetween } from './duration.ts';
import { rules } from './rule.ts';

const nickname = '@(hourly|daily|midnight|weekly|monthly|yearly|annually)';
const field = '[-0-9A-Za-z*,/?#]+';

/** When a Registry is collected by itself, and how. */
export const RegistryGarbageCollection = z.object({
  schedule: z
    .string()
    .max(128)
    .meta(
      rules({
        rule: `self.matches('^(${nickname}|${field}( +${field}){4})$')`,
        message:
          "not a cron schedule; write five fields (minute, hour, day of month, month, day of week) such as '0 3 * * *', or @daily",
      }),
    )
    .describe('When to collect, as a cron expression of five fields, or @daily and the like.'),
  timeZone: z
    .string()
    .max(64)
    .meta(
      rules({
        rule: "self.matches('^[A-Za-z][-A-Za-z0-9_+]*(/[-A-Za-z0-9_+]+)*$')",
        message: 'not the name of a time zone; write one such as Europe/Berlin or Etc/UTC',
      }),
    )
    .default('Etc/UTC')
    .describe('Name of the time zone of the schedule, such as Europe/Berlin.'),
  suspend: z
    .boolean()
    .default(false)
    .describe('Start no runs. Those missed meanwhile are not made up for; a run under way goes on.'),
  jitter: durationBetween('0s', '24h')
    .default('0s')
    .describe('Each run starts by up to this much later, so that many Registries do not start at once.'),
  startingDeadline: durationBetween('1s', '8760h')
    .optional()
    .describe(
      'A run that could not start within this time is left out. Without it, of all that were missed the last one is made up for.',
    ),
  successfulRunsHistoryLimit: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .default(3)
    .describe('As many scheduled GarbageCollections that succeeded are kept.'),
  failedRunsHistoryLimit: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .default(3)
    .describe('As many scheduled GarbageCollections that failed are kept.'),
  template: z
    .object(collectionOptions)
    .prefault({})
    .describe('Options of each run, as in the spec of a GarbageCollection.'),
});
export type RegistryGarbageCollection = z.infer<typeof RegistryGarbageCollection>;
