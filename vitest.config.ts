import { defineConfig } from 'vitest/config';

/**
 * `unit` needs nothing but Node and is part of `npm run check`. `system` needs the embedded Kubernetes, the peers and
 * real clients, and `audit` judges what `system` did; both are run by `npm test` alone.
 */
export default defineConfig({
  test: {
    allowOnly: false,
    passWithNoTests: false,
    reporters: ['default', './test/runner/tally-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{operator,registry-image,embedded}/src/**/*.test.ts', 'test/runner/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'system',
          include: [
            'test/{e2e,peers,faults}/**/*.test.ts',
            'test/conformance/own/**/*.test.ts',
            'test/conformance/suite/{junit,skips}.test.ts',
            'test/conformance/document.test.ts',
          ],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: { name: 'oci-suite', include: ['test/conformance/suite/oci.test.ts'], testTimeout: 10_000 },
      },
      {
        test: { name: 'audit', include: ['test/audit/**/*.test.ts'], testTimeout: 60_000 },
      },
    ],
  },
});
