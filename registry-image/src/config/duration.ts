const nanoseconds: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
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
    total += Number(found[1]) * (nanoseconds[found[2] ?? ''] ?? Number.NaN);
  }
  const milliseconds = Math.round(total) / 1e6;
  return negative ? -milliseconds : milliseconds;
}

/** Writes milliseconds in Go's syntax with the largest unit that leaves no fraction. */
export function formatDuration(duration: number): string {
  const total = Math.round(duration * 1e6);
  if (total === 0) return '0s';
  const [unit, size] = ['h', 'm', 's', 'ms', 'us']
    .map((unit): [string, number] => [unit, nanoseconds[unit] ?? 1])
    .find(([, size]) => total % size === 0) ?? ['ns', 1];
  return `${total / size}${unit}`;
}
