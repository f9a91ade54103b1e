import { randomUUID } from 'node:crypto';
import { createAccessController } from '../auth/index.ts';
import { createApp } from '../http/app.ts';
import { createHealthGate } from '../http/health-gate.ts';
import { createRefusal } from '../http/refusal.ts';
import { loadMiddleware } from '../middleware/apply.ts';
import { noRedirects } from '../middleware/redirects.ts';
import { createCommitGate } from '../registry/gate.ts';
import { createRegistry } from '../registry/index.ts';
import { createJournal } from '../registry/journal.ts';
import { openStorage } from '../storage/open.ts';
import { createLog } from '../telemetry/log.ts';
import { runUndoPurge } from './undo-purge-run.ts';
import { createUploadPurge } from './upload-purge-run.ts';
import { storageChannel } from './storage-keeper.ts';
import { runWorker, type Service, type ServiceInput } from './worker-process.ts';

// Entry of a worker process. It gets a config that the supervisor has checked, so that it needs neither zod nor yaml.
runWorker(createService);

async function createService({ config, version, accessFiles, verified }: ServiceInput): Promise<Service> {
  const log = createLog(config.log, { service: 'registry', version });
  const { hold } = config.wharfinger;
  const middleware = await loadMiddleware(config.middleware, log);
  const opened = await openStorage({ config, channel: storageChannel(config) });
  const journal = createJournal({ driver: opened, process: randomUUID() });
  const gate = createCommitGate({ holdTimeoutMs: hold.timeout, limit: hold.limit, journal });
  const { driver, redirects } = await middleware.storage({ driver: opened, redirects: noRedirects });
  const registry = await middleware.registry(await createRegistry({ driver, gate, config }));
  const access = await createAccessController(config, accessFiles, verified);
  const health = createHealthGate();
  const readOnly = config.storage.maintenance.readonly.enabled;
  return {
    handler: createApp({
      config,
      registry,
      access,
      log,
      version,
      health,
      redirects,
      repositoryMiddleware: middleware.repository,
    }),
    refuse: createRefusal(log),
    gate,
    log,
    updateAccess: (files) => access.update(files),
    purgeUploads: createUploadPurge({ driver, gate, log }),
    flush: () => registry.pulls.flush(),
    freeUndo: () => runUndoPurge({ driver: opened, gate, log, readOnly }),
    updateUnhealthy: (problems) => health.set(problems),
  };
}
