import type { Config } from '../../../registry-image/src/config/schema.ts';
import type { StorageDriver } from '../../../registry-image/src/storage/driver.ts';
import { trashRoot } from '../../../registry-image/src/storage/paths.ts';
import { createHanging, type Hanging } from './hang.ts';
import { partsOf } from './images.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { storePast } from './past.ts';
import { createReplica, type Replica } from './replica.ts';
import type { Scenario } from './scenario.ts';
import { createScheduledDriver } from './scheduled-driver.ts';
import { beginning, type Scheduler } from './scheduler.ts';
import type { Subject } from './subject.ts';

/** What a schedule is played on: one storage with its past, two replicas, and what they owe. */
export interface World {
  /** The storage itself, whose operations happen at once. */
  readonly store: StorageDriver;
  /** The same; its operations wait for their turns. */
  readonly driver: StorageDriver;
  readonly replicas: readonly [Replica, Replica];
  readonly ledger: Ledger;
  readonly hanging: Hanging;
  /** How often a replica took something out of the trash. */
  readonly rescues: number;
}

export async function createWorld(
  scenario: Scenario,
  { scheduler, subject }: { scheduler: Scheduler; subject: Subject },
): Promise<World> {
  const { clocks, minAge, past } = scenario;
  const store = subject.createMemoryDriver({ now: () => scheduler.monotonic() + beginning + clocks[2] });
  const driver = createScheduledDriver(store, { scheduler, subject });
  const hanging = createHanging(scenario.hang);
  let rescues = 0;
  const serving: StorageDriver = {
    ...driver,
    async putContent(path, content) {
      await hanging.beforeWrite(path);
      await driver.putContent(path, content);
    },
    async publish(from, to, size) {
      await hanging.beforeWrite(to);
      await driver.publish(from, to, size);
    },
    touch(path, modified) {
      if (path.startsWith(`${trashRoot}/`)) rescues++;
      return driver.touch(path, modified);
    },
  };
  const ledger = createLedger(partsOf);
  await storePast(store, past, { ledger, beginning });
  const config = configOf(subject, minAge);
  const boot = (index: 0 | 1): Promise<Replica> =>
    createReplica({
      name: `replica${index}`,
      clock: clocks[index],
      config,
      driver: serving,
      scheduler,
      subject,
    });
  const replicas = [await boot(0), await boot(1)] as const;
  return {
    store,
    driver,
    replicas,
    ledger,
    hanging,
    get rescues() {
      return rescues;
    },
  };
}

const configs = new WeakMap<Subject, Map<number, Config>>();

/** Parsed once: that takes longer than a schedule. */
function configOf(subject: Subject, minAge: number): Config {
  const known = configs.get(subject) ?? new Map<number, Config>();
  configs.set(subject, known);
  const text = `version: 0.1
storage: {inmemory: {}, delete: {enabled: true}, cache: {blobdescriptor: inmemory}}
wharfinger: {gc: {minage: ${minAge}ms}}`;
  const found = known.get(minAge) ?? subject.parseConfig(text, {}).config;
  known.set(minAge, found);
  return found;
}
