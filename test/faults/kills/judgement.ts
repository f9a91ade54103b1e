import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { trashRoot, undoRoot } from '../../../registry-image/src/storage/paths.ts';
import { createExchange } from '../durability/exchange.ts';
import { walkStore, wrongBlobs } from '../store-walk.ts';
import { pullTag } from './image-client.ts';
import { digestsOf, type Image } from './images.ts';
import type { PushedTag } from './pushed-tags.ts';
import { unfinishedCommits } from './unfinished-commits.ts';

/** Pulls everything that was acknowledged. Nobody may push meanwhile. */
export async function judgePulls(
  port: number,
  tags: readonly PushedTag[],
): Promise<{ problems: string[]; alive: readonly Image[] }> {
  const exchange = createExchange(() => port);
  const problems: string[] = [];
  const alive: Image[] = [];
  try {
    for (const tag of tags) {
      const found = await pullTag(exchange, tag);
      if (typeof found === 'string') problems.push(found);
      else if (found) alive.push(found);
      else if (tag.acknowledged) problems.push(`${tag.repository}:${tag.tag} was acknowledged and is absent`);
    }
  } finally {
    exchange.close();
  }
  return { problems, alive };
}

/** What the client has under way at most in the two workers that are killed with their supervisor, and some more. */
const mostUnfinished = 8;

/** Looks at the store of a registry that has stopped after a last collection that keeps nothing dead. */
export async function judgeStoppedStore(options: {
  root: string;
  config: string;
  alive: readonly Image[];
  /** What may be there or not. */
  either: readonly Image[];
  main: string;
}): Promise<string[]> {
  const { root, alive, either } = options;
  const content = await walkStore(root);
  const expected = new Set(alive.flatMap(digestsOf));
  const unfinished = await unfinishedCommits(root, content.blobs);
  const allowed = new Set([...expected, ...either.flatMap(digestsOf), ...unfinished.digests]);
  const dead = [...content.blobs.keys()].filter((digest) => !allowed.has(digest));
  const lost = [...expected].filter((digest) => !content.blobs.has(digest));
  const wrong = await wrongBlobs(content);
  return [
    ...dead.map((digest) => `blob ${digest} is dead and was not freed`),
    ...(unfinished.commits <= mostUnfinished ? [] : [`${unfinished.commits} commits have no end`]),
    ...lost.map((digest) => `blob ${digest} is alive and missing`),
    ...wrong.map((file) => `${file} has another content than its name says`),
    ...content.strange.map((file) => `${file} is no part of the layout`),
    ...(await namesIn(join(root, trashRoot))).map((name) => `${name} is left in the trash`),
    ...(await judgeUndo(root)),
    ...(await verify(options)),
  ];
}

/** What is kept to be restored has a record, or nobody would ever free it. */
async function judgeUndo(root: string): Promise<string[]> {
  // A temporary file goes with the next purge.
  const names = (await namesIn(join(root, undoRoot))).filter((name) => !name.endsWith('.tmp'));
  return names
    .filter((name) => !name.endsWith('.json') && !names.includes(`${name}.json`))
    .map((name) => `${name} is kept to be restored and has no record`);
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** `registry verify`. */
function verify({ config, main }: { config: string; main: string }): Promise<string[]> {
  return new Promise((done) => {
    execFile(process.execPath, [main, 'verify', config], (error, stdout, stderr) =>
      done(error ? [`registry verify: ${error.code} ${stdout}${stderr}`] : []),
    );
  });
}
