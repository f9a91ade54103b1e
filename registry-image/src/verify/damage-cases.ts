import {
  appendFileSync,
  cpSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { digestOf } from '../registry/digest.ts';
import type { StorageDriver } from '../storage/driver.ts';
import * as paths from '../storage/paths.ts';
import type { DamageKind, Outcome } from './damages.ts';
import type { Made } from './made-store.ts';

export interface DamageCase {
  readonly name: string;
  readonly kind: DamageKind;
  readonly damage: (at: (path: string) => string, made: Made) => void;
  /** A damage that the disk keeps doing. */
  readonly wrap?: (driver: StorageDriver, made: Made) => StorageDriver;
  /** Where the damage is told. */
  readonly path: (made: Made) => string;
  readonly action: Outcome['action'];
  /** What else a run with repair tells: what follows from what was set aside. */
  readonly follows?: readonly [DamageKind, Outcome['action']][];
  /** What a run after the repair still tells. */
  readonly remains?: readonly DamageKind[];
}

const repository = 'team/app';
const nowhere = digestOf('never pushed');
const aged = new Date(Date.now() - 48 * 3_600_000);
const age = (path: string): void => utimesSync(path, aged, aged);
const write = (path: string, content: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
};
const removeDirectoryOf = (path: string): void => rmSync(dirname(path), { recursive: true });

function ioError(): Promise<never> {
  return Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }));
}

/** Every kind of damage, done to the store of made-store.ts. */
export const damageCases: readonly DamageCase[] = [
  {
    name: 'a changed byte of a layer',
    kind: 'blob-content',
    damage: (at, made) => writeFileSync(at(paths.blobDataPath(made.layer)), 'layer ONE'),
    path: (made) => paths.blobDataPath(made.layer),
    action: 'set-aside',
    // Of each repository: in one three manifests need it, in the other only a link.
    follows: [
      ['reference-missing', 'left'],
      ['layer-link-dangling', 'set-aside'],
    ],
    remains: ['reference-missing'],
  },
  {
    name: 'a truncated blob',
    kind: 'blob-content',
    damage: (at, made) => writeFileSync(at(paths.blobDataPath(made.lonely)), 'pushed'),
    path: (made) => paths.blobDataPath(made.lonely),
    action: 'set-aside',
    follows: [['layer-link-dangling', 'set-aside']],
  },
  {
    name: 'a damaged blob of which the trash has a good copy',
    kind: 'blob-content',
    damage: (at, made) => {
      const path = paths.blobDataPath(made.layer);
      mkdirSync(dirname(at(paths.trashPath('run-9', path))), { recursive: true });
      cpSync(at(path), at(paths.trashPath('run-9', path)));
      appendFileSync(at(path), 'x');
    },
    path: (made) => paths.blobDataPath(made.layer),
    action: 'recovered',
  },
  {
    name: 'a damaged manifest',
    kind: 'blob-content',
    damage: (at, made) => appendFileSync(at(paths.blobDataPath(made.v2)), ' '),
    path: (made) => paths.blobDataPath(made.v2),
    action: 'set-aside',
    follows: [
      ['revision-link-dangling', 'set-aside'],
      ['tag-dangling', 'set-aside'],
    ],
  },
  {
    name: 'a blob of zero bytes',
    kind: 'blob-empty',
    damage: (at, made) => writeFileSync(at(paths.blobDataPath(made.lonely)), ''),
    path: (made) => paths.blobDataPath(made.lonely),
    action: 'set-aside',
    follows: [['layer-link-dangling', 'set-aside']],
  },
  {
    name: 'a blob below another prefix',
    kind: 'blob-misplaced',
    damage(at, made) {
      const from = paths.blobPath(made.layer);
      mkdirSync(dirname(at(misplaced(made))), { recursive: true });
      renameSync(at(from), at(misplaced(made)));
    },
    path: (made) => `${misplaced(made)}/data`,
    action: 'repaired',
  },
  {
    name: 'an empty layer link',
    kind: 'layer-link-content',
    damage: (at, made) => writeFileSync(at(paths.layerLinkPath(repository, made.layer)), ''),
    path: (made) => paths.layerLinkPath(repository, made.layer),
    action: 'repaired',
  },
  {
    name: 'a layer link that names another blob',
    kind: 'layer-link-content',
    damage: (at, made) => writeFileSync(at(paths.layerLinkPath('other', made.lonely)), made.layer),
    path: (made) => paths.layerLinkPath('other', made.lonely),
    action: 'repaired',
  },
  {
    name: 'a removed layer link',
    kind: 'layer-link-missing',
    damage: (at, made) => removeDirectoryOf(at(paths.layerLinkPath(repository, made.layer))),
    path: (made) => paths.layerLinkPath(repository, made.layer),
    action: 'left',
    remains: ['layer-link-missing'],
  },
  {
    name: 'a removed blob that only a link wants',
    kind: 'layer-link-dangling',
    damage: (at, made) => removeDirectoryOf(at(paths.blobDataPath(made.lonely))),
    path: (made) => paths.layerLinkPath('other', made.lonely),
    action: 'set-aside',
  },
  {
    name: 'a blob in the trash that a link wants',
    kind: 'layer-link-dangling',
    damage(at, made) {
      const path = paths.blobDataPath(made.lonely);
      mkdirSync(dirname(at(paths.trashPath('r', path))), { recursive: true });
      renameSync(at(path), at(paths.trashPath('r', path)));
      removeDirectoryOf(at(path));
    },
    path: (made) => paths.layerLinkPath('other', made.lonely),
    action: 'recovered',
  },
  {
    name: 'a revision link without content',
    kind: 'revision-link-content',
    damage: (at, made) => writeFileSync(at(paths.revisionLinkPath(repository, made.v1)), ''),
    path: (made) => paths.revisionLinkPath(repository, made.v1),
    action: 'repaired',
  },
  {
    name: 'a removed revision that a tag names',
    kind: 'revision-link-missing',
    damage: (at, made) => removeDirectoryOf(at(paths.revisionLinkPath(repository, made.v2))),
    path: (made) => paths.revisionLinkPath(repository, made.v2),
    action: 'repaired',
  },
  {
    name: 'a removed revision that an index names',
    kind: 'revision-link-missing',
    damage: (at, made) => removeDirectoryOf(at(paths.revisionLinkPath(repository, made.child))),
    path: (made) => paths.revisionLinkPath(repository, made.child),
    action: 'left',
    remains: ['revision-link-missing'],
  },
  {
    name: 'a revision link to a manifest that is nowhere',
    kind: 'revision-link-dangling',
    damage: (at) => write(at(paths.revisionLinkPath('other', nowhere)), nowhere),
    path: () => paths.revisionLinkPath('other', nowhere),
    action: 'set-aside',
  },
  {
    name: 'a revision that is a layer',
    kind: 'revision-unreadable',
    damage: (at, made) => write(at(paths.revisionLinkPath('other', made.layer)), made.layer),
    path: (made) => paths.revisionLinkPath('other', made.layer),
    action: 'left',
    remains: ['revision-unreadable'],
  },
  {
    name: 'a removed layer that a manifest wants',
    kind: 'reference-missing',
    damage(at, made) {
      removeDirectoryOf(at(paths.blobDataPath(made.layer)));
      removeDirectoryOf(at(paths.layerLinkPath('other', made.layer)));
    },
    path: (made) => paths.blobDataPath(made.layer),
    action: 'left',
    remains: ['reference-missing'],
  },
  {
    name: 'a removed layer that a manifest wants and an earlier run set aside',
    kind: 'reference-missing',
    damage(at, made) {
      const path = paths.blobDataPath(made.layer);
      mkdirSync(dirname(at(paths.setAsidePath('earlier', path))), { recursive: true });
      renameSync(at(path), at(paths.setAsidePath('earlier', path)));
      removeDirectoryOf(at(path));
      removeDirectoryOf(at(paths.layerLinkPath('other', made.layer)));
    },
    path: (made) => paths.blobDataPath(made.layer),
    action: 'recovered',
  },
  {
    name: 'an empty current link of a tag whose index has one revision',
    kind: 'tag-link-content',
    damage: (at) => writeFileSync(at(paths.tagCurrentLinkPath(repository, 'v1')), ''),
    path: () => paths.tagCurrentLinkPath(repository, 'v1'),
    action: 'repaired',
  },
  {
    name: 'an empty current link of a tag whose index has two revisions',
    kind: 'tag-link-content',
    damage(at, made) {
      write(at(paths.tagIndexLinkPath(repository, 'v1', made.v2)), made.v2);
      writeFileSync(at(paths.tagCurrentLinkPath(repository, 'v1')), 'nonsense');
    },
    path: () => paths.tagCurrentLinkPath(repository, 'v1'),
    action: 'set-aside',
  },
  {
    name: 'a removed current link',
    kind: 'tag-link-missing',
    damage(at) {
      removeDirectoryOf(at(paths.tagCurrentLinkPath(repository, 'v1')));
      age(at(paths.tagPath(repository, 'v1')));
    },
    path: () => paths.tagCurrentLinkPath(repository, 'v1'),
    action: 'set-aside',
  },
  {
    name: 'a tag on nothing',
    kind: 'tag-dangling',
    damage(at) {
      writeFileSync(at(paths.tagCurrentLinkPath(repository, 'v1')), nowhere);
    },
    path: () => paths.tagCurrentLinkPath(repository, 'v1'),
    action: 'set-aside',
  },
  {
    name: 'a tag whose manifest is in the trash',
    kind: 'tag-dangling',
    damage(at, made) {
      const path = paths.blobDataPath(made.v1);
      mkdirSync(dirname(at(paths.trashPath('r', path))), { recursive: true });
      renameSync(at(path), at(paths.trashPath('r', path)));
      removeDirectoryOf(at(path));
      removeDirectoryOf(at(paths.revisionLinkPath(repository, made.v1)));
    },
    path: () => paths.tagCurrentLinkPath(repository, 'v1'),
    action: 'recovered',
  },
  {
    name: 'a removed index of a tag',
    kind: 'tag-index-missing',
    damage: (at) => rmSync(at(paths.tagIndexPath(repository, 'v1')), { recursive: true }),
    path: (made) => paths.tagIndexLinkPath(repository, 'v1', made.v1),
    action: 'repaired',
  },
  {
    name: 'an empty link of a tag index',
    kind: 'tag-index-content',
    damage: (at, made) => writeFileSync(at(paths.tagIndexLinkPath(repository, 'v1', made.v1)), ''),
    path: (made) => paths.tagIndexLinkPath(repository, 'v1', made.v1),
    action: 'repaired',
  },
  {
    name: 'an upload without its start',
    kind: 'upload-start',
    damage(at, made) {
      rmSync(at(paths.uploadStartedAtPath(repository, made.upload)));
      age(at(paths.uploadPath(repository, made.upload)));
    },
    path: (made) => paths.uploadStartedAtPath(repository, made.upload),
    action: 'repaired',
  },
  {
    name: 'an upload without data',
    kind: 'upload-incomplete',
    damage(at, made) {
      rmSync(at(paths.uploadDataPath(repository, made.upload)));
      age(at(paths.uploadPath(repository, made.upload)));
    },
    path: (made) => paths.uploadPath(repository, made.upload),
    action: 'set-aside',
  },
  {
    name: 'a temporary file of a process that was killed',
    kind: 'stale-temporary',
    damage(at, made) {
      write(at(temporary(made)), 'sha256:');
      age(at(temporary(made)));
    },
    path: temporary,
    action: 'repaired',
  },
  {
    name: 'a tag whose deletion was cut short',
    kind: 'stale-deleted',
    damage(at) {
      write(at(`${paths.deletedPath('x')}/current/link`), nowhere);
      age(at(paths.deletedPath('x')));
    },
    path: () => paths.deletedPath('x'),
    action: 'repaired',
  },
  {
    name: 'a file between the repositories',
    kind: 'foreign-entry',
    damage: (at) => writeFileSync(at(`${paths.repositoriesRoot}/team/notes.txt`), ''),
    path: () => `${paths.repositoriesRoot}/team/notes.txt`,
    action: 'left',
    remains: ['foreign-entry'],
  },
  {
    name: 'a symbolic link to itself',
    kind: 'foreign-entry',
    damage: (at) => symlinkSync('loop', at(`${paths.repositoriesRoot}/team/loop`)),
    path: () => `${paths.repositoriesRoot}/team/loop`,
    action: 'left',
    remains: ['foreign-entry'],
  },
  {
    name: 'a blob that the disk does not give',
    kind: 'unreadable',
    damage: () => {},
    wrap: (driver, made) => ({
      ...driver,
      reader: (path, range) =>
        path === paths.blobDataPath(made.layer) ? ioError() : driver.reader(path, range),
    }),
    path: (made) => paths.blobDataPath(made.layer),
    action: 'left',
    remains: ['unreadable'],
  },
  {
    name: 'a directory that the disk does not list',
    kind: 'unreadable',
    damage: () => {},
    wrap: (driver) => ({
      ...driver,
      list: (path) => (path === paths.tagsPath(repository) ? ioError() : driver.list(path)),
    }),
    path: () => paths.tagsPath(repository),
    action: 'left',
    remains: ['unreadable'],
  },
];

function otherPrefix(made: Made): string {
  return made.layer.startsWith('sha256:00') ? '11' : '00';
}

function misplaced(made: Made): string {
  return `${paths.blobsRoot}/sha256/${otherPrefix(made)}/${made.layer.slice('sha256:'.length)}`;
}

function temporary(made: Made): string {
  return `${paths.layerPath(repository, made.layer)}/.wharfinger-0123456789abcdef.tmp`;
}
