import { expect, test } from 'vitest';
import { compareUnderLimit, memoryLimit } from './memory/comparison.ts';

/** The full size of 256 MiB is `npm run test:deep`. */
const size = 16 * 1024 * 1024;

test.each(['plain HTTP', 'TLS', 'HTTP/2'] as const)(
  '64 uploads and 64 downloads at a time stay below 300 MiB: %s',
  { timeout: 300_000 },
  async (way) => {
    const report = (line: string): void => void process.stdout.write(`memory, ${way}: ${line}\n`);
    const { limited, ratio } = await compareUnderLimit({ concurrency: 64, size, way, report });
    expect(limited.kills).toBe(0);
    expect(limited.sameProcesses).toBe(true);
    expect(limited.heldPeak).toBeLessThan(memoryLimit);
    // Otherwise the limit was never felt.
    expect(limited.limitHits).toBeGreaterThan(0);
    expect(ratio).toBeGreaterThanOrEqual(0.5);
  },
);
