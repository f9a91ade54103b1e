import { UsageError } from './usage-error.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a length of time such as `90s`, `10m` or `1h30m`, given for `flag`. @throws UsageError */
export function durationMs(text: string, flag: string): number {
  if (!/^(\d+(ms|s|m|h))+$/.test(text)) {
    throw new UsageError(`--${flag} ${text} is not a length of time; write it as 90s, 10m or 1h30m`);
  }
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit ?? ''] ?? 0), 0);
}
