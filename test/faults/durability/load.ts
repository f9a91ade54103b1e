import type { RegistryProcess } from '../registry-process.ts';
import { createRandom } from '../random.ts';
import { createExchange } from './exchange.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { runUploader } from './uploader.ts';

/** Many clients that push at the same time. */
export interface Load {
  readonly ledger: Ledger;
  /** Lets no client begin anything new, cuts what is under way, and resolves when all have ended. */
  stop(): Promise<void>;
}

/** Repositories among which the clients are spread. */
const repositories = 20;

export function startLoad(registry: RegistryProcess, options: { uploads: number; seed: number }): Load {
  const ledger = createLedger();
  const exchange = createExchange(() => registry.port);
  let stopped = false;
  const clients = Array.from({ length: options.uploads }, async (_, number) =>
    runUploader({
      exchange,
      ledger,
      random: createRandom(options.seed + number * 7919),
      number,
      repository: `load/r${number % repositories}`,
      stopped: () => stopped,
    }),
  );
  const ended = Promise.all(clients);
  return {
    ledger,
    async stop() {
      stopped = true;
      exchange.close();
      await ended;
    },
  };
}
