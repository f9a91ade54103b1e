import { defineConfig } from 'vitest/config';

/** Tests that start whole registries as processes: seconds each, and nothing that a quick look needs. */
const processes = [
  'registry-image/src/supervisor/**/*.test.ts',
  'kubectl-plugin/src/registry/real-registry.test.ts',
];

/**
 * `unit` and `processes` need nothing but Node and openssl; `npm run check` runs the first. `system` needs the embedded Kubernetes, the peers and
 * real clients, and `audit` judges what `system` did; both are run by `npm test` alone.
 */
export default defineConfig({
  test: {
    allowOnly: false,
    passWithNoTests: false,
    // Characters: a failure that comes once in fifty runs must tell all it saw in the one line that is left of it.
    chaiConfig: { truncateThreshold: 2000 },
    reporters: ['default', './test/runner/tally-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            '{operator,kubectl-plugin,registry-image,embedded}/src/**/*.test.ts',
            'test/runner/*.test.ts',
          ],
          exclude: processes,
          testTimeout: 20_000,
          // One less than the machine has is the default, which is half of two.
          maxWorkers: '100%',
        },
      },
      {
        extends: true,
        test: { name: 'processes', include: processes, testTimeout: 20_000, fileParallelism: false },
      },
      {
        extends: true,
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
        extends: true,
        test: { name: 'oci-suite', include: ['test/conformance/suite/oci.test.ts'], testTimeout: 10_000 },
      },
      {
        extends: true,
        test: { name: 'audit', include: ['test/audit/**/*.test.ts'], testTimeout: 60_000 },
      },
    ],
  },
});
