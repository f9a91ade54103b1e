import { defineConfig } from 'vitest/config';

/**
 * Two projects: `unit` needs nothing but Node and is part of `npm run check`;
 * `system` needs the embedded Kubernetes, the peers and real clients, and is run by `npm test` alone.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['operator/src/**/*.test.ts', 'registry-image/src/**/*.test.ts', 'embedded/src/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
