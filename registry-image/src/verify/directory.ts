import type { Entry } from '../storage/driver.ts';
import type { Context } from './context.ts';
import type { Check } from './inspector.ts';

/** Milliseconds after which nobody is at work on a temporary file, an upload or a deletion any more. */
const abandonedAfter = 24 * 3_600_000;

export interface DirectoryContent {
  readonly directories: readonly Entry[];
  readonly files: readonly Entry[];
}

/** What may lie in a directory, by name; everything else is foreign. */
export interface Expected {
  readonly directory?: (name: string) => boolean;
  readonly file?: (name: string) => boolean;
}

/** Lists a directory of the layout; what is foreign, abandoned or unreadable in it is inspected. */
export async function openDirectory(
  context: Context,
  path: string,
  expected: Expected,
): Promise<DirectoryContent> {
  const { inspector, store } = context;
  let entries: Entry[];
  try {
    entries = (await store.list(path)) ?? [];
    await inspectTemporaries(context, path);
  } catch {
    // Told, unless it was only for a moment, by looking again.
    await inspector.inspect({ path, look: async () => void (await store.list(path)) });
    return { directories: [], files: [] };
  }
  const directories = entries.filter((entry) => isDirectory(entry) && expected.directory?.(nameOf(entry)));
  const files = entries.filter((entry) => isFile(entry) && expected.file?.(nameOf(entry)));
  const known = new Set([...directories, ...files]);
  for (const entry of entries) {
    if (!known.has(entry)) await inspector.inspect(foreignCheck(context, path, entry));
  }
  return { directories, files };
}

export function nameOf(entry: { readonly path: string }): string {
  return entry.path.slice(entry.path.lastIndexOf('/') + 1);
}

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function isDirectory(entry: Entry): boolean {
  return entry.isDirectory && !entry.isSymbolicLink;
}

function isFile(entry: Entry): boolean {
  return !entry.isDirectory && !entry.isSymbolicLink;
}

function foreignCheck({ store }: Context, parent: string, entry: Entry): Check {
  const { path } = entry;
  const what = entry.isSymbolicLink ? 'a symbolic link' : entry.isDirectory ? 'a directory' : 'a file';
  return {
    path,
    async look() {
      const there = ((await store.list(parent)) ?? []).some((other) => other.path === path);
      if (!there) return undefined;
      return {
        damage: { kind: 'foreign-entry', path, detail: `${what} that does not belong to the layout` },
      };
    },
  };
}

async function inspectTemporaries({ inspector, store }: Context, directory: string): Promise<void> {
  for (const { path } of (await store.driver.temporaries?.(directory)) ?? []) {
    await inspector.inspect(abandonedCheck({ store }, path, 'stale-temporary'));
  }
}

/** Something that is only there while a process works on it. */
export function abandonedCheck(
  { store }: Pick<Context, 'store'>,
  path: string,
  kind: 'stale-temporary' | 'stale-deleted',
): Check {
  return {
    path,
    async look() {
      const entry = await store.stat(path);
      if (!entry || !isAbandoned(entry)) return undefined;
      const since = new Date(entry.modified).toISOString();
      return {
        damage: { kind, path, detail: `unchanged since ${since}` },
        async repair() {
          await store.driver.delete(path);
          return { action: 'repaired' };
        },
      };
    },
  };
}

/** Nobody has changed it for a day. */
export function isAbandoned(entry: Entry): boolean {
  return Date.now() - entry.modified > abandonedAfter;
}
