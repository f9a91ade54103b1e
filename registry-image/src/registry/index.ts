import type { Config } from '../config/index.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { type Blobs, createBlobs } from './blobs.ts';
import { type Catalog, createCatalog } from './catalog.ts';
import { type CommitGate, WritesRefusedError } from './commit-gate.ts';
import { createLeases } from './leases.ts';
import { createManifests, type Manifests } from './manifests.ts';
import { createReferrers, type Referrers } from './referrers.ts';
import { createTags, type Tags } from './tags.ts';
import { createUploads, type Uploads } from './uploads.ts';

/** Everything that a registry holds, as the protocol needs it. */
export interface Registry {
  readonly catalog: Catalog;
  readonly tags: Pick<Tags, 'list'>;
  readonly manifests: Manifests;
  readonly blobs: Blobs;
  readonly uploads: Uploads;
  readonly referrers: Referrers;
  /** Refuses a write before its body is read, when it is clear by then. @throws WritesRefusedError */
  refuseIfReadOnly(): void;
}

/**
 * @param options.gate what every visible change of the store passes through
 * @param options.config read-only mode (`storage.maintenance.readonly`) and the age of leases (`wharfinger.gc.minage`)
 */
export function createRegistry(options: {
  driver: StorageDriver;
  gate: CommitGate;
  config: Pick<Config, 'storage' | 'wharfinger'>;
}): Registry {
  const { driver, config } = options;
  const gate = config.storage.maintenance.readonly.enabled ? createClosedGate(options.gate) : options.gate;
  const leases = createLeases({ driver, gate, minAgeMs: config.wharfinger.gc.minage });
  const tags = createTags({ driver });
  return {
    catalog: createCatalog({ driver }),
    tags,
    manifests: createManifests({ driver, gate, leases, tags }),
    blobs: createBlobs({ driver, gate, leases }),
    uploads: createUploads({ driver, gate }),
    referrers: createReferrers({ driver }),
    refuseIfReadOnly: () => gate.refuseIfReadOnly(),
  };
}

/** The gate of a registry that its config.yml makes read-only, whatever its supervisor says. */
function createClosedGate(gate: CommitGate): CommitGate {
  function refuse(): never {
    throw new WritesRefusedError('readOnly');
  }
  return {
    mode: 'readOnly',
    get running() {
      return gate.running;
    },
    get held() {
      return gate.held;
    },
    run: async () => refuse(),
    refuseIfReadOnly: refuse,
  };
}
