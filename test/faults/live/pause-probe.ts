import { randomLayer } from '../../support/image.ts';
import type { RegistryClient } from '../../support/registry-client.ts';
import { repeat, type Traffic } from '../../support/traffic.ts';

export interface PauseProbe {
  stop(): Promise<
    Traffic & {
      /** Part of the time that went by in pushes beyond what one usually takes. */
      readonly paused: number;
    }
  >;
}

/** Pushes a small blob again and again, and takes what one takes longer than usual for a pause. */
export function createPauseProbe(client: RegistryClient): PauseProbe {
  const took: number[] = [];
  const began = performance.now();
  const traffic = repeat(async () => {
    const started = performance.now();
    await client.pushBlob('live/probe', randomLayer(512));
    took.push(performance.now() - started);
  }, 20);
  return {
    async stop() {
      const seen = await traffic.stop();
      const elapsed = performance.now() - began;
      const sorted = took.toSorted((a, b) => a - b);
      // A registry under load is slow now and then; a pause is longer than nearly all pushes.
      const usual = sorted[Math.floor(sorted.length * 0.9)] ?? 0;
      const over = took.reduce((sum, one) => sum + Math.max(0, one - usual), 0);
      return { ...seen, paused: over / elapsed };
    },
  };
}
