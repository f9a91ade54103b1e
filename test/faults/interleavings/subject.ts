import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as createRegistryModule from '../../../registry-image/src/registry/index.ts';
import type * as createCommitGateModule from '../../../registry-image/src/registry/gate.ts';
import type * as removeLeftoversModule from '../../../registry-image/src/registry/leftovers.ts';
import type * as createJournalModule from '../../../registry-image/src/registry/journal.ts';
import type * as createMemoryDriverModule from '../../../registry-image/src/storage/memory.ts';
import type * as treatInBulkModule from '../../../registry-image/src/storage/bulk-operations.ts';
import type * as parseConfigModule from '../../../registry-image/src/config/parse.ts';
import type * as beginStagedCollectionModule from '../../../registry-image/src/gc/staged-collection.ts';
import type * as collectModule from '../../../registry-image/src/gc/collect.ts';
import type * as confirmModule from '../../../registry-image/src/gc/confirm.ts';

/** The code that is tried: that of the registry, or a copy of it from which a safeguard was taken. */
export interface Subject {
  readonly createRegistry: typeof createRegistryModule.createRegistry;
  readonly createCommitGate: typeof createCommitGateModule.createCommitGate;
  readonly createJournal: typeof createJournalModule.createJournal;
  readonly removeLeftovers: typeof removeLeftoversModule.removeLeftovers;
  readonly createMemoryDriver: typeof createMemoryDriverModule.createMemoryDriver;
  readonly treatInBulk: typeof treatInBulkModule.treatInBulk;
  readonly parseConfig: typeof parseConfigModule.parseConfig;
  readonly beginStagedCollection: typeof beginStagedCollectionModule.beginStagedCollection;
  readonly collect: typeof collectModule.collect;
  readonly confirm: typeof confirmModule.confirm;
}

export const sourceDirectory = resolve('registry-image/src');

/** @param directory holds what `registry-image/src` does */
export async function loadSubject(directory: string): Promise<Subject> {
  const files = [
    'registry/index.ts',
    'registry/gate.ts',
    'registry/journal.ts',
    'registry/leftovers.ts',
    'storage/memory.ts',
    'storage/bulk-operations.ts',
    'config/parse.ts',
    'gc/staged-collection.ts',
    'gc/collect.ts',
    'gc/confirm.ts',
  ];
  const modules = await Promise.all(
    files.map((file): Promise<object> => import(pathToFileURL(join(directory, file)).href)),
  );
  return Object.assign({}, ...modules) as Subject;
}
