import { watch, type FSWatcher } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Texts by path; null for a file that does not exist. */
export type FileTexts = Readonly<Record<string, string | null>>;

export interface WatchedFilesOptions {
  readonly paths: readonly string[];
  /** Milliseconds between two looks when no event comes; events come first, this is for those that are missed. */
  readonly interval?: number;
  /** Called after each look, whether or not anything changed; never called again before it has settled. */
  readonly onLook: (texts: FileTexts) => void | Promise<void>;
  /** A file could not be read (other than not being there), or `onLook` threw: once for as long as it is the same error. */
  readonly onError: (error: unknown) => void;
}

export interface WatchedFiles {
  /** Looks now, and settles when `onLook` has. */
  look(): Promise<void>;
  close(): void;
}

/**
 * Reads a group of files again and again: at each event of their directories and at an interval. Mounted ConfigMaps
 * and Secrets are swapped by a symlink (`..data`), so directories are watched, never files, and texts are compared,
 * never times. Call `look` once to begin.
 */
export function watchFiles(options: WatchedFilesOptions): WatchedFiles {
  const interval = options.interval ?? 500;
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let lastError = '';
  let closed = false;

  function lookSoon(delay: number): void {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => void look(), delay);
  }

  function watchDirectories(): void {
    for (const directory of new Set(options.paths.map((path) => dirname(path)))) {
      if (watchers.has(directory)) continue;
      try {
        // A change comes as a burst of events: wait for its end, but not for long.
        const watcher = watch(directory, { persistent: false }, () => lookSoon(10));
        watcher.on('error', () => {
          watcher.close();
          watchers.delete(directory);
        });
        watchers.set(directory, watcher);
      } catch {
        // Not there yet, or out of inotify watches: the interval still looks.
      }
    }
  }

  async function lookOnce(): Promise<void> {
    try {
      watchDirectories();
      const texts = await readTexts(options.paths);
      if (!closed) await options.onLook(texts);
      lastError = '';
    } catch (error) {
      const message = String(error);
      if (message !== lastError) options.onError(error);
      lastError = message;
    }
  }

  async function lookUntilQuiet(): Promise<void> {
    again = false;
    await lookOnce();
    if (again && !closed) return lookUntilQuiet();
    running = undefined;
    lookSoon(interval);
  }

  function look(): Promise<void> {
    if (running) {
      again = true;
      return running;
    }
    running = lookUntilQuiet();
    return running;
  }

  return {
    look,
    close(): void {
      closed = true;
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}

/** Reads files; one that does not exist is null, any other failure is thrown. */
export async function readTexts(paths: readonly string[]): Promise<FileTexts> {
  const texts = await Promise.all(paths.map(readIfThere));
  return Object.fromEntries(paths.map((path, index) => [path, texts[index] ?? null]));
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
