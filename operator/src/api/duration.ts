import { z } from 'zod';
import { rules } from './rule.ts';

const pattern = '^([0-9]+(ms|s|m|h))+$';
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A length of time as Kubernetes and config.yml write it: `90s`, `10m`, `1h30m`, `24h`, or `0s`. */
export const Duration = z
  .string()
  .max(32)
  .refine((text) => new RegExp(pattern).test(text))
  .meta(
    rules({
      rule: `self.matches('${pattern}')`,
      message: 'not a duration; write it as 90s, 10m, 24h or 1h30m',
    }),
  );
export type Duration = z.infer<typeof Duration>;

/** Milliseconds of a `Duration`. */
export function durationMs(duration: Duration): number {
  const parts = duration.matchAll(/([0-9]+)(ms|s|m|h)/g);
  return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit ?? ''] ?? 0), 0);
}
