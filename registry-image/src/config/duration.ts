const milliseconds: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy;

/** Reads a duration in Go's syntax (`10s`, `1h30m`, `0`) and gives milliseconds, or undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const negative = text.startsWith('-');
  const body = text.replace(/^[+-]/, '');
  if (body === '') return undefined;
  if (body === '0') return 0;
  let total = 0;
  part.lastIndex = 0;
  while (part.lastIndex < body.length) {
    const found = part.exec(body);
    if (!found) return undefined;
    total += Number(found[1]) * (milliseconds[found[2] ?? ''] ?? Number.NaN);
  }
  return negative ? -total : total;
}

/** Writes milliseconds in Go's syntax with the largest unit that leaves no fraction. */
export function formatDuration(duration: number): string {
  for (const unit of ['h', 'm', 's']) {
    const size = milliseconds[unit] ?? 1;
    if (duration !== 0 && duration % size === 0) return `${duration / size}${unit}`;
  }
  return duration === 0 ? '0s' : `${duration}ms`;
}
