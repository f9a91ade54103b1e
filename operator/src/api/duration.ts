import { z } from 'zod';
import { type Rule, rules } from './rule.ts';

/** As many digits for each unit as no sum of them overflows what the API server can compare. */
const pattern = '^([0-9]{1,5}h)?([0-9]{1,7}m)?([0-9]{1,9}s)?([0-9]{1,12}ms)?$';
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const form: Rule = {
  rule: `self != '' && self.matches('${pattern}')`,
  message: 'not a duration; write it as 90s, 10m, 24h or 1h30m',
};

function isDuration(text: string): boolean {
  return text !== '' && new RegExp(pattern).test(text);
}

/** A length of time as Kubernetes and config.yml write it: `90s`, `10m`, `1h30m`, `24h`, or `0s`. */
export const Duration = z.string().max(32).refine(isDuration).meta(rules(form));
export type Duration = z.infer<typeof Duration>;

/** A `Duration` from `least` to `most`, both included. */
export function durationBetween(least: Duration, most: Duration): typeof Duration {
  const isWithin = (text: string): boolean =>
    isDuration(text) && durationMs(text) >= durationMs(least) && durationMs(text) <= durationMs(most);
  const bounds: Rule = {
    rule: `self == '' || !self.matches('${pattern}') || (duration(self) >= duration('${least}') && duration(self) <= duration('${most}'))`,
    message: `out of range; give a duration from ${least} to ${most}`,
  };
  return z.string().max(32).refine(isWithin).meta(rules(form, bounds));
}

/** Milliseconds of a `Duration`. */
export function durationMs(duration: Duration): number {
  const parts = duration.matchAll(/([0-9]+)(ms|s|m|h)/g);
  return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit ?? ''] ?? 0), 0);
}
