import { randomUUID } from 'node:crypto';
import type { Config } from '../config/index.ts';
import type { StorageDriver } from '../storage/driver.ts';
import { type Blobs, createBlobs } from './blobs.ts';
import { type Catalog, createCatalog } from './catalog.ts';
import { type CommitGate, WritesRefusedError } from './commit-gate.ts';
import { createJournal } from './journal.ts';
import { createLeases } from './leases.ts';
import { createManifestContents } from './manifest-contents.ts';
import { createPullLog, type PullLog } from './pull-log.ts';
import { createReferenceCheck } from './manifest-references.ts';
import { createManifestRules } from './manifest-rules.ts';
import { createManifests, type Manifests } from './manifests.ts';
import { createManifestReader } from './parsed-manifests.ts';
import { createReferrers, type Referrers } from './referrers.ts';
import { withEmptyLayer } from './schema1/empty-layer-blobs.ts';
import { createSchema1, type Schema1 } from './schema1/schema1.ts';
import { openSigningKey } from './schema1/signing-key.ts';
import { createSubjectIndex } from './subject-index.ts';
import { createTags, type Tags } from './tags.ts';
import { createTrashRescue } from './trash-rescue.ts';
import { createUploads, type Uploads } from './uploads.ts';

/** Everything that a registry holds, as the protocol needs it. */
export interface Registry {
  readonly catalog: Catalog;
  readonly tags: Pick<Tags, 'list'>;
  readonly manifests: Manifests;
  readonly blobs: Blobs;
  readonly uploads: Uploads;
  readonly referrers: Referrers;
  readonly schema1: Schema1;
  readonly pulls: PullLog;
  /** Refuses a write before its body is read, when it is clear by then. @throws WritesRefusedError */
  refuseIfReadOnly(): void;
  /** Waits before the body of a write is read, as a commit section would after it. @throws WritesRefusedError */
  untilWritable(signal: AbortSignal): Promise<void>;
}

/**
 * @param options.gate what every visible change of the store passes through
 * @throws Error of one sentence when something of the config cannot be worked with here
 */
export async function createRegistry(options: {
  driver: StorageDriver;
  gate: CommitGate;
  config: Pick<Config, 'storage' | 'wharfinger' | 'validation' | 'policy' | 'compatibility' | 'http'>;
}): Promise<Registry> {
  const { driver, config } = options;
  const { storage } = config;
  const gate = storage.maintenance.readonly.enabled ? createClosedGate(options.gate) : options.gate;
  const leases = createLeases({ driver, gate, minAgeMs: config.wharfinger.gc.minage });
  const rescue = createTrashRescue({ driver, gate });
  const catalog = createCatalog({ driver });
  const journal = createJournal({ driver, process: randomUUID() });
  const tags = createTags({ driver, journal, concurrencyLimit: storage.tag.concurrencylimit });
  const contents = createManifestContents({ driver, rescue, cache: storage.cache });
  const rules = await createManifestRules(config);
  const readManifest = createManifestReader({ driver });
  const references = createReferenceCheck({ driver, rules, rescue, readManifest });
  const acceptsSchema1 = config.compatibility.schema1.enabled;
  return {
    catalog,
    tags,
    manifests: createManifests({
      driver,
      gate,
      leases,
      tags,
      contents,
      rules,
      references,
      rescue,
      readManifest,
      acceptsSchema1,
    }),
    blobs: withEmptyLayer(createBlobs({ driver, gate, leases, catalog, rescue }), { driver }),
    uploads: createUploads({ driver, gate, rescue }),
    referrers: createReferrers({ driver, contents, subjects: createSubjectIndex({ driver }) }),
    schema1: createSchema1({ driver, signingKey: await openSigningKey(config) }),
    pulls: createPullLog({ driver, process: randomUUID(), now: Date.now }),
    refuseIfReadOnly: () => gate.refuseIfReadOnly(),
    untilWritable: (signal) => gate.run(async () => {}, { signal }),
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
