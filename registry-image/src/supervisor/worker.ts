import { createAccessController } from '../auth/index.ts';
import { startThresholdCheck } from '../health/threshold-check.ts';
import { createApp } from '../http/app.ts';
import { createCommitGate } from '../registry/gate.ts';
import { createRegistry } from '../registry/index.ts';
import { createFilesystemDriver } from '../storage/filesystem.ts';
import { createLog } from '../telemetry/log.ts';
import { runWorker, type Service, type ServiceInput } from './worker-process.ts';

/** The threshold of the documents' default config, when none is given, and distribution's interval (ms) in place of 0. */
const defaultThreshold = 3;
const defaultInterval = 10_000;

// Entry of a worker process. It gets a config that the supervisor has checked, so that it needs neither zod nor yaml.
runWorker(createService);

async function createService({ config, version, htpasswd }: ServiceInput): Promise<Service> {
  const log = createLog(config.log, { service: 'registry', version });
  const { hold } = config.wharfinger;
  const gate = createCommitGate({ holdTimeoutMs: hold.timeout, limit: hold.limit });
  const driver = createFilesystemDriver({ rootDirectory: config.storage.filesystem.rootdirectory });
  const registry = createRegistry({ driver, gate, config });
  const access = createAccessController(config.auth, { htpasswdText: htpasswd ?? '' });
  const { enabled, interval, threshold } = config.health.storagedriver;
  const storage = enabled
    ? startThresholdCheck({
        check: () => driver.list('/'),
        interval: interval || defaultInterval,
        threshold: threshold || defaultThreshold,
      })
    : undefined;
  return {
    handler: createApp({ config, registry, access, log, version }),
    gate,
    updateHtpasswd: (text) => void access.update(text),
    storageProblem: () => storage?.problem ?? '',
  };
}
