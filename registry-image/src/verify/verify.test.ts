import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { imageManifest, startServer } from '../http/test-server.ts';
import { type Digest, digestOf } from '../registry/digest.ts';
import { mediaTypes } from '../registry/manifest-format.ts';
import * as paths from '../storage/paths.ts';
import { type DamageKind, damages, type Outcome } from './damages.ts';
import { copyStore, snapshot, verifyOnce } from './verify-fixture.ts';

/** A store that a real server made: an image `v1` and `v2`, an index, the same layer in a second repository, an upload. */
interface Made {
  readonly v1: Digest;
  readonly v2: Digest;
  readonly index: Digest;
  readonly child: Digest;
  readonly layer: Digest;
  readonly lonely: Digest;
  readonly upload: string;
}

let made: Made;
let original = '';

async function makeStore(): Promise<string> {
  const server = await startServer();
  const { request } = server;
  const first = await server.pushImage('team/app', 'v1', 'layer one');
  const second = await server.pushImage('team/app', 'v2', 'layer two');
  const config = await server.pushBlob('team/app', '{}');
  const childText = imageManifest({ config, layers: [[first.layer, 9]], extra: { annotations: { a: 'b' } } });
  const child = digestOf(childText);
  const put = async (reference: string, type: string, body: string): Promise<void> => {
    const path = `/v2/team/app/manifests/${reference}`;
    const answer = await request('PUT', path, { body, headers: { 'Content-Type': type } });
    expect(answer.status).toBe(201);
  };
  await put(child, mediaTypes.ociManifest, childText);
  const indexText = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [{ mediaType: mediaTypes.ociManifest, digest: child, size: childText.length }],
  });
  await put('multi', mediaTypes.ociIndex, indexText);
  const lonely = await server.pushBlob('other', 'pushed and never used');
  const mounted = await request('POST', `/v2/other/blobs/uploads/?mount=${first.layer}&from=team/app`);
  expect(mounted.status).toBe(201);
  const started = await request('POST', '/v2/team/app/blobs/uploads/');
  made = {
    v1: first.digest,
    v2: second.digest,
    index: digestOf(indexText),
    child,
    layer: first.layer,
    lonely,
    upload: started.headers.get('docker-upload-uuid') ?? '',
  };
  return server.rootDirectory;
}

interface Case {
  readonly name: string;
  readonly kind: DamageKind;
  readonly damage: (at: (path: string) => string) => void;
  /** Where the damage is told. */
  readonly path: () => string;
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

const cases: readonly Case[] = [
  {
    name: 'a changed byte of a layer',
    kind: 'blob-content',
    damage: (at) => writeFileSync(at(paths.blobDataPath(made.layer)), 'layer ONE'),
    path: () => paths.blobDataPath(made.layer),
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
    damage: (at) => writeFileSync(at(paths.blobDataPath(made.lonely)), 'pushed'),
    path: () => paths.blobDataPath(made.lonely),
    action: 'set-aside',
    follows: [['layer-link-dangling', 'set-aside']],
  },
  {
    name: 'a damaged blob of which the trash has a good copy',
    kind: 'blob-content',
    damage: (at) => {
      const path = paths.blobDataPath(made.layer);
      mkdirSync(dirname(at(paths.trashPath('run-9', path))), { recursive: true });
      cpSync(at(path), at(paths.trashPath('run-9', path)));
      appendFileSync(at(path), 'x');
    },
    path: () => paths.blobDataPath(made.layer),
    action: 'recovered',
  },
  {
    name: 'a damaged manifest',
    kind: 'blob-content',
    damage: (at) => appendFileSync(at(paths.blobDataPath(made.v2)), ' '),
    path: () => paths.blobDataPath(made.v2),
    action: 'set-aside',
    follows: [
      ['revision-link-dangling', 'set-aside'],
      ['tag-dangling', 'set-aside'],
    ],
  },
  {
    name: 'a blob of zero bytes',
    kind: 'blob-empty',
    damage: (at) => writeFileSync(at(paths.blobDataPath(made.lonely)), ''),
    path: () => paths.blobDataPath(made.lonely),
    action: 'set-aside',
    follows: [['layer-link-dangling', 'set-aside']],
  },
  {
    name: 'a blob below another prefix',
    kind: 'blob-misplaced',
    damage(at) {
      const from = paths.blobPath(made.layer);
      mkdirSync(dirname(at(misplaced())), { recursive: true });
      renameSync(at(from), at(misplaced()));
    },
    path: () => `${misplaced()}/data`,
    action: 'repaired',
  },
  {
    name: 'an empty layer link',
    kind: 'layer-link-content',
    damage: (at) => writeFileSync(at(paths.layerLinkPath(repository, made.layer)), ''),
    path: () => paths.layerLinkPath(repository, made.layer),
    action: 'repaired',
  },
  {
    name: 'a layer link that names another blob',
    kind: 'layer-link-content',
    damage: (at) => writeFileSync(at(paths.layerLinkPath('other', made.lonely)), made.layer),
    path: () => paths.layerLinkPath('other', made.lonely),
    action: 'repaired',
  },
  {
    name: 'a removed layer link',
    kind: 'layer-link-missing',
    damage: (at) => removeDirectoryOf(at(paths.layerLinkPath(repository, made.layer))),
    path: () => paths.layerLinkPath(repository, made.layer),
    action: 'repaired',
  },
  {
    name: 'a removed blob that only a link wants',
    kind: 'layer-link-dangling',
    damage: (at) => removeDirectoryOf(at(paths.blobDataPath(made.lonely))),
    path: () => paths.layerLinkPath('other', made.lonely),
    action: 'set-aside',
  },
  {
    name: 'a blob in the trash that a link wants',
    kind: 'layer-link-dangling',
    damage(at) {
      const path = paths.blobDataPath(made.lonely);
      mkdirSync(dirname(at(paths.trashPath('r', path))), { recursive: true });
      renameSync(at(path), at(paths.trashPath('r', path)));
      removeDirectoryOf(at(path));
    },
    path: () => paths.layerLinkPath('other', made.lonely),
    action: 'recovered',
  },
  {
    name: 'a revision link without content',
    kind: 'revision-link-content',
    damage: (at) => writeFileSync(at(paths.revisionLinkPath(repository, made.v1)), ''),
    path: () => paths.revisionLinkPath(repository, made.v1),
    action: 'repaired',
  },
  {
    name: 'a removed revision that a tag names',
    kind: 'revision-link-missing',
    damage: (at) => removeDirectoryOf(at(paths.revisionLinkPath(repository, made.v2))),
    path: () => paths.revisionLinkPath(repository, made.v2),
    action: 'repaired',
  },
  {
    name: 'a removed revision that an index names',
    kind: 'revision-link-missing',
    damage: (at) => removeDirectoryOf(at(paths.revisionLinkPath(repository, made.child))),
    path: () => paths.revisionLinkPath(repository, made.child),
    action: 'repaired',
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
    damage: (at) => write(at(paths.revisionLinkPath('other', made.layer)), made.layer),
    path: () => paths.revisionLinkPath('other', made.layer),
    action: 'set-aside',
  },
  {
    name: 'a removed layer that a manifest wants',
    kind: 'reference-missing',
    damage(at) {
      removeDirectoryOf(at(paths.blobDataPath(made.layer)));
      removeDirectoryOf(at(paths.layerLinkPath('other', made.layer)));
    },
    path: () => paths.blobDataPath(made.layer),
    action: 'left',
    remains: ['reference-missing'],
  },
  {
    name: 'a removed layer that a manifest wants and an earlier run set aside',
    kind: 'reference-missing',
    damage(at) {
      const path = paths.blobDataPath(made.layer);
      mkdirSync(dirname(at(paths.setAsidePath('earlier', path))), { recursive: true });
      renameSync(at(path), at(paths.setAsidePath('earlier', path)));
      removeDirectoryOf(at(path));
      removeDirectoryOf(at(paths.layerLinkPath('other', made.layer)));
    },
    path: () => paths.blobDataPath(made.layer),
    action: 'recovered',
  },
  {
    name: 'a manifest that gives a wrong size',
    kind: 'reference-size',
    damage(at) {
      const text = imageManifest({ config: digestOf('{}'), layers: [[made.layer, 10]] });
      write(at(paths.blobDataPath(digestOf(text))), text);
      write(at(paths.revisionLinkPath(repository, digestOf(text))), digestOf(text));
    },
    path: () =>
      paths.revisionLinkPath(
        repository,
        digestOf(imageManifest({ config: digestOf('{}'), layers: [[made.layer, 10]] })),
      ),
    action: 'left',
    remains: ['reference-size'],
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
    damage(at) {
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
    damage(at) {
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
    path: () => paths.tagIndexLinkPath(repository, 'v1', made.v1),
    action: 'repaired',
  },
  {
    name: 'an empty link of a tag index',
    kind: 'tag-index-content',
    damage: (at) => writeFileSync(at(paths.tagIndexLinkPath(repository, 'v1', made.v1)), ''),
    path: () => paths.tagIndexLinkPath(repository, 'v1', made.v1),
    action: 'repaired',
  },
  {
    name: 'an upload without its start',
    kind: 'upload-start',
    damage(at) {
      rmSync(at(paths.uploadStartedAtPath(repository, made.upload)));
      age(at(paths.uploadPath(repository, made.upload)));
    },
    path: () => paths.uploadStartedAtPath(repository, made.upload),
    action: 'repaired',
  },
  {
    name: 'an upload without data',
    kind: 'upload-incomplete',
    damage(at) {
      rmSync(at(paths.uploadDataPath(repository, made.upload)));
      age(at(paths.uploadPath(repository, made.upload)));
    },
    path: () => paths.uploadPath(repository, made.upload),
    action: 'set-aside',
  },
  {
    name: 'a temporary file of a process that was killed',
    kind: 'stale-temporary',
    damage(at) {
      write(at(temporary()), 'sha256:');
      age(at(temporary()));
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
    name: 'a directory of a digest without a link',
    kind: 'empty-directory',
    damage: (at) => mkdirSync(at(paths.layerPath('other', nowhere))),
    path: () => paths.layerPath('other', nowhere),
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
    name: 'a directory that cannot be listed',
    kind: 'unreadable',
    damage: (at) => symlinkSync('loop', at(`${paths.repositoriesRoot}/team/loop`)),
    path: () => `${paths.repositoriesRoot}/team`,
    action: 'left',
    remains: ['unreadable'],
  },
];

function otherPrefix(): string {
  return made.layer.startsWith('sha256:00') ? '11' : '00';
}

function misplaced(): string {
  return `${paths.blobsRoot}/sha256/${otherPrefix()}/${made.layer.slice('sha256:'.length)}`;
}

function temporary(): string {
  return `${paths.layerPath(repository, made.layer)}/.wharfinger-0123456789abcdef.tmp`;
}

afterAll(() => rmSync(original, { recursive: true, force: true }));

describe('registry verify', () => {
  // A server ends with the test that started it, and its store too.
  it('has a store to look at', async () => {
    original = mkdtempSync(join(tmpdir(), 'verify-original-'));
    cpSync(await makeStore(), original, { recursive: true, preserveTimestamps: true });
  });

  it('has a test for every damage of its table', () => {
    expect(new Set(cases.map(({ kind }) => kind))).toEqual(new Set(Object.keys(damages)));
  });

  it('finds nothing wrong with what the server made, and writes nothing', async () => {
    const root = await copyStore(original);
    const before = snapshot(root);
    const { found, summary } = await verifyOnce(root);
    expect(found).toEqual([]);
    expect(summary).toMatchObject({ repositories: 2, manifests: 4, tags: 3, uploads: 1, blobs: 8 });
    expect(snapshot(root)).toEqual(before);
  });

  describe.each(cases)('$name ($kind)', ({ kind, damage, path, action, follows = [], remains = [] }) => {
    it('is found, alone, without a write', async () => {
      const root = await copyStore(original);
      damage((each) => join(root, each));
      const before = snapshot(root);
      const { found } = await verifyOnce(root);
      expect(found.map((each) => [each.kind, each.path, each.action])).toEqual([[kind, path(), 'found']]);
      expect(snapshot(root)).toEqual(before);
    });

    it(`is ${action}, and then all is well`, async () => {
      const root = await copyStore(original);
      damage((each) => join(root, each));
      const contents = contentsOf(root);
      const { found } = await verifyOnce(root, { repair: true });
      const sorted = found.map((each): [DamageKind, string] => [each.kind, each.action]).sort();
      expect(sorted).toEqual([[kind, action], ...follows].sort());
      for (const { where } of found.filter((each) => each.action === 'set-aside')) {
        expect(existsSync(join(root, where ?? ''))).toBe(true);
      }
      if (action !== 'repaired') expect(contentsOf(root)).toEqual(expect.arrayContaining(contents));
      const again = await verifyOnce(root, { repair: true, run: 'run-2' });
      expect(again.found.map((each) => each.kind)).toEqual(remains);
    });
  });
});

/** The contents of all files, wherever they lie. */
function contentsOf(root: string): string[] {
  return [...snapshot(root)]
    .map(([, described]) => (JSON.parse(described) as unknown[])[3] as string)
    .filter((content) => content !== '')
    .sort();
}
