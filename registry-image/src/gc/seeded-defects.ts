import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Core, findDifference } from './model-cases.ts';

/** A defect of the core, as a change of its source text. */
export interface SeededDefect {
  readonly name: string;
  readonly file: CoreFile;
  /** Must be in the file exactly once. */
  readonly search: string;
  readonly replace: string;
}

/** Where defects are seeded. */
type CoreFile = 'plan.ts' | 'liveness.ts' | 'retention.ts' | 'name-pattern.ts' | 'judgement.ts';

/**
 * Compares a copy of the core, with a defect or without, with the model: the case that showed a difference, or undefined. Throws when the
 * defect cannot be seeded because the source has changed.
 */
export async function tryDefect(
  defect: SeededDefect | undefined,
  options: { runs: number; seed: number },
): Promise<string | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'gc-core-'));
  try {
    copyWithImports('gc/plan.ts', directory);
    copyWithImports('gc/judgement.ts', directory);
    if (defect) seed(join(directory, 'gc', defect.file), defect);
    const load = (file: CoreFile): Promise<unknown> =>
      import(/* @vite-ignore */ pathToFileURL(join(directory, 'gc', file)).href);
    const core = { ...((await load('plan.ts')) as Core), ...((await load('judgement.ts')) as Core) };
    return findDifference(core, { ...options, first: true });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Copies a file of the registry's sources with all that runs of it: what it imports as types only does not. */
function copyWithImports(file: string, directory: string): void {
  const target = join(directory, file);
  if (existsSync(target)) return;
  const source = readFileSync(join(import.meta.dirname, '..', file), 'utf8');
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, source);
  for (const [, path = ''] of source.matchAll(/^import (?!type )[^;]*? from '(\.[^']*)';$/gm)) {
    copyWithImports(join(dirname(file), path), directory);
  }
}

function seed(path: string, { name, search, replace }: SeededDefect): void {
  const source = readFileSync(path, 'utf8');
  const found = source.split(search).length - 1;
  if (found !== 1) throw new Error(`the defect "${name}" fits ${found} times, not once: mend its text`);
  writeFileSync(
    path,
    source.replace(search, () => replace),
  );
}

export const seededDefects: readonly SeededDefect[] = [
  ...defectsOf('liveness.ts', {
    'referrers are forgotten': ["reach(referrers.get(digest) ?? [], 'referrer');", ''],
    'children of indexes are forgotten': ["reach(manifest.manifests, 'reference');", ''],
    'children of children are forgotten': [
      "reach(manifest.manifests, 'reference');",
      "for (const child of manifest.manifests) if (!live.has(child)) live.set(child, 'reference');",
    ],
    'config and layers are forgotten': ["reach(manifest.blobs, 'reference');", ''],
    'the recursion stops at digests that another repository has marked': [
      'const pending = [...roots.keys()];',
      `const marked = ((manifests as unknown as { marked?: Set<string> }).marked ??= new Set());
  const pending = [...roots.keys()].filter((digest) => !marked.has(digest));
  pending.forEach((digest) => marked.add(digest));`,
    ],
    'leases of revisions are ignored': [
      "if (isLeased(link, options, now)) roots.set(digest, 'lease');\n    else if",
      'if',
    ],
    'leases of layers are ignored': [
      "for (const [digest, link] of repository.layers) {\n    if (isLeased(link, options, now)) roots.set(digest, 'lease');\n  }",
      '',
    ],
    'leases cannot be turned off': ['options.minAge > 0 && now', 'now'],
    'a lease is a millisecond too long': [
      'now - link.modified < options.minAge',
      'now - link.modified <= options.minAge',
    ],
    'a time in the future is no lease': [
      'options.minAge > 0 &&',
      'options.minAge > 0 && link.modified <= now &&',
    ],
    'a damaged manifest counts as dead': [
      "=== 'damaged') problems.push(`manifest ${digest} is damaged`);",
      "=== 'x') {}",
    ],
    'a damaged manifest is only seen among revisions': [
      'new Set([...repository.revisions.keys(), ...tagged, ...live.keys()])',
      'repository.revisions.keys()',
    ],
    'a tag whose manifest is missing is no problem': [
      'if (!manifests.has(current)) problems',
      'if (false) problems',
    ],
    'a live revision whose manifest is missing is no problem': [
      'const missing = live.has(digest) && !manifests.has(digest);',
      'const missing = false;',
    ],
    'a dead revision whose manifest is missing is a problem': [
      'const missing = live.has(digest) && ',
      'const missing = ',
    ],
    'a revision in the trash is a root': [
      '!options.deleteUntagged && !link.trashed',
      '!options.deleteUntagged',
    ],
    'untagged manifests always go': ['else if (!options.deleteUntagged &&', 'else if (false &&'],
    'untagged manifests never go': ['else if (!options.deleteUntagged &&', 'else if ('],
    'tags are no roots': ["if (!retention || retention.stays.has(tag)) roots.set(current, 'tag');", ''],
    'tags that a rule takes away are roots': ['if (!retention || retention.stays.has(tag)) roots', 'roots'],
    'the target of an alias is forgotten': ["if (target !== undefined) reach([target], 'reference');", ''],
    'what was written since is ignored': ["roots.set(digest, 'written');", ';'],
    'tags of referrers go though their subject is alive': [
      "reach(attached?.get(attachmentTo(digest)) ?? [], 'referrer');",
      '',
    ],
    'a repository with problems keeps its revisions only': ['yield* layers.keys();', ''],
    'a repository with problems keeps no manifests that only tags name': [
      'for (const { current } of tags.values()) if (current !== undefined) yield current;',
      '',
    ],
    'problems do not keep anything': ['if (!spared && problems.length === 0)', 'if (!spared)'],
    'a repository that is not to be collected is': ['if (!spared && problems', 'if (problems'],
    'problems that the reading found are lost': ['[...repository.problems, ...', '[...'],
    'a rule still holds in a repository with problems': ['{ ...input, retention: undefined }', 'input'],
  }),
  ...defectsOf('retention.ts', {
    'the oldest tags stay': ['return b.modified - a.modified;', 'return a.modified - b.modified;'],
    'a tie in time is broken the other way': ['nameA < nameB ? 1 : -1', 'nameA < nameB ? -1 : 1'],
    'one tag too few stays': ['versions.slice(0, keepLast)', 'versions.slice(0, Math.max(0, keepLast - 1))'],
    'the last rule that fits is taken': ['prepared.findIndex(', 'prepared.findLastIndex('],
    'keepMatching is ignored': ["if (isMatching(tag)) stays.set(tag, 'matching');", ';'],
    'keepYoungerThan is a millisecond too long': [
      'now - modified < keepYoungerThan',
      'now - modified <= keepYoungerThan',
    ],
    'keepPulledWithin is a millisecond too long': [
      '(modified, lastPull(current)) < keepPulledWithin',
      '(modified, lastPull(current)) <= keepPulledWithin',
    ],
    'pulls are forgotten': ['Math.max(modified, lastPull(current))', 'modified'],
    'a tag that nobody could pull yet goes': ['Math.max(modified, lastPull(current))', 'lastPull(current)'],
    'a rule without criteria takes every tag away': ['if (!found || saysNothing(found.rule))', 'if (!found)'],
    'tags of referrers count among the newest': [
      'tags.filter(([tag]) => attachmentOf(tag) === undefined).sort',
      '[...tags].sort',
    ],
    'tags of the trash count among the newest': [
      'tag.current !== undefined && (!tag.trashed || tag.returns === true)',
      'tag.current !== undefined',
    ],
    'a referrer of a sha512 digest is not known by its tag': [
      "digest.slice(0, digest.indexOf(':') + 65)",
      'digest',
    ],
    'tags with a suffix are no tags of referrers': ['(?:\\.[\\w.-]*)?$', '$'],
  }),
  ...defectsOf('name-pattern.ts', {
    '* stands for a slash as well': ["(part === '*' && character !== '/')", "part === '*'"],
    '** stands for no slash': ["part === '**' ||", "(part === '**' && character !== '/') ||"],
    'a pattern fits the beginning of a name': ['reached.has(parts.length)', 'reached.size > 0'],
    'wildcards stand for one character at least': ["parts[position]?.startsWith('*')", 'false'],
  }),
  ...defectsOf('plan.ts', {
    'a blob that another repository keeps alive is dead': [
      'for (const digest of plan.live.keys()) liveBlobs.add(digest);',
      'if (content.repositories.keys().next().value === name) for (const digest of plan.live.keys()) liveBlobs.add(digest);',
    ],
    'a blob without a link is dead': [
      'for (const digest of plan.live.keys()) liveBlobs.add(digest);',
      'for (const digest of plan.live.keys()) if (repository.layers.has(digest)) liveBlobs.add(digest);',
    ],
    'a link whose blob may be hidden goes': ['unknown.length > 0 || blobs.has(target)', 'blobs.has(target)'],
    'blobs go though something is unknown': ['if (content.unknown.length > 0) return;', ''],
    'blobs behind symbolic links go': ["place === 'store' && !live", "place !== 'trash' && !live"],
    'a promised link goes because its blob is missing': [
      'blobs.has(target) || promised.has(digest)',
      'blobs.has(target)',
    ],
    'a link without a blob stays for ever': [
      'const stays = keepsAll || unknown',
      'const stays = true || unknown',
    ],
    'the link of an alias goes': ['if (!live.has(digest) && !live.has(target))', 'if (!live.has(digest))'],
    'retention holds in repositories that are not to be collected': [
      'const retention = keepsAll ? undefined : input.retention;',
      'const { retention } = input;',
    ],
    'the filter of repositories is ignored': ['const spared = !isCollected(name);', 'const spared = false;'],
    'uploads of repositories that keep all go': ['keepsAll ? [] : staleUploads', 'staleUploads'],
    'uploads go too early': ['now - started > uploadAge', 'now - started >= uploadAge'],
    'index entries of repositories that keep all go': ['keepsAll ? [] : deadTagEntries', 'deadTagEntries'],
    'a tag goes though what it is attached to is alive': ["!alive.has(attachmentOf(tag) ?? '')", 'true'],
    'empty repositories leave when they are to stay': [
      'options.removeEmptyRepositories && !keepsAll',
      '!keepsAll',
    ],
    'a repository with a tag leaves the catalog': [
      'heldTags(repository.tags).length === dead.removedTags.length &&',
      '',
    ],
    'a repository with an upload leaves the catalog': [
      'dead.danglingLayers.length &&\n    repository.uploads.size === dead.staleUploads.length',
      'dead.danglingLayers.length',
    ],
    'a repository that is being written to leaves the catalog': [
      '(repository.written?.size ?? 0) === 0 &&',
      '',
    ],
    'the second mark untags': [
      '{ ...options, retention: [], deleteUntagged: false }',
      '{ ...options, deleteUntagged: false }',
    ],
    'the second mark gives up what a visible revision refers to': [
      'retention: [], deleteUntagged: false',
      'retention: []',
    ],
  }),
  ...defectsOf('judgement.ts', {
    'the second mark frees blobs though something is unknown': [
      'content.unknown.length > 0 || plan.liveBlobs',
      'plan.liveBlobs',
    ],
    'the second mark brings back every layer link': [
      "judgeLayer(layout.digest, repository, judged, content) === 'alive'",
      'true',
    ],
    'index entries come back without their tag': [' && isThere(tag, judged.keepsAll);\n  //', ';\n  //'],
    'tags that a rule took away come back': ['(keepsAll || !tag.trashed || tag.returns === true)', 'true'],
    'tags of repositories that keep all are freed': [
      'tag?.trashed === true && tag.modified',
      'false && tag?.modified',
    ],
  }),
];

function defectsOf(
  file: CoreFile,
  changes: Readonly<Record<string, readonly [search: string, replace: string]>>,
): SeededDefect[] {
  return Object.entries(changes).map(([name, [search, replace]]) => ({ name, file, search, replace }));
}
