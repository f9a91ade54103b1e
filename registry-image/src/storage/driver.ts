import type { BulkOptions, BulkResult } from './bulk-operations.ts';
import type { Survey, SurveyOptions } from './survey.ts';

/** What `stat` and `list` tell of an entry. Sizes in bytes, times in milliseconds since the epoch. */
export interface Entry {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly size: number;
  /** Of a directory: when a child of it last came or went; 0 where the storage does not know that. */
  readonly modified: number;
  /** The name itself is a symbolic link (in a list perhaps to nothing); the rest describes what it names. */
  readonly isSymbolicLink?: boolean;
}

/** What `children` tells of an entry: all that is known without a look at it. */
export interface Child {
  readonly name: string;
  /** A `file` is whatever is neither of the others; what a symbolic link names is not told. */
  readonly kind: 'directory' | 'file' | 'symbolicLink';
}

export interface Move {
  readonly from: string;
  readonly to: string;
}

export interface MoveOptions extends BulkOptions {
  /** Asked when the storage is too full for a move; as long as it is true, that move is tried again. */
  readonly makeRoom?: () => Promise<boolean>;
}

export interface RemoveOptions extends BulkOptions {
  /** After each of them the directory that it lies in goes as well, if nothing else is in it. */
  readonly withDirectory?: boolean;
}

/**
 * A place that holds files by path. Paths are absolute, '/'-separated and relative to the driver's root
 * (`/docker/registry/v2/...`). Only "does not exist" is a NotFoundError (storage/errors.ts), and what cannot be read as a file
 * a NotAFileError; every other failure is thrown as it came, because for a collection unknown means alive. Each method is safe to call from several processes.
 */
export interface StorageDriver {
  readonly name: string;
  /** The whole of a small file (links, manifests). Throws NotFoundError. */
  getContent(path: string): Promise<Buffer>;
  /** Replaces a small file atomically and durably: readers see the old content or the new, also after a crash. */
  putContent(path: string, content: Buffer | string): Promise<void>;
  /**
   * Adds text to the end of a small file (making it when it is not there), at once visible to every process. Not durable: for
   * what is of use only as long as the machine runs. What several processes add to one file may mix.
   */
  append(path: string, text: string): Promise<void>;
  /** Opens bytes [start, end] (end inclusive, default: to the end). Throws NotFoundError. */
  reader(path: string, range?: { start: number; end?: number }): Promise<Content>;
  /**
   * Opens a file to append at its end. Whoever has it open to append already, in this process or another, is overtaken: what it
   * has written until now stays, what it goes on to write is lost, and its `finish` says so. Where the file lies is durable
   * only once it has been published.
   * @param options.create makes the file (and its directories) when it is not there; without it that is a NotFoundError
   */
  appender(path: string, options?: { create?: boolean }): Promise<Appender>;
  /** Throws NotFoundError. */
  stat(path: string): Promise<Entry>;
  /** Direct children, sorted by path. Throws NotFoundError when the directory does not exist. */
  list(path: string): Promise<Entry[]>;
  /** Names of direct children, sorted; much cheaper than `list`. Throws NotFoundError when the directory does not exist. */
  children(path: string): Promise<Child[]>;
  /** Renames a file or a directory (creating the parents of `to`), durably. Replaces a file at `to`. Throws NotFoundError. */
  move(from: string, to: string): Promise<void>;
  /**
   * Renames many files or directories that have nothing to do with one another (several may be under way at once), creating the parents of
   * each `to`; what is not there is skipped. None is made durable: for what a crash may undo.
   */
  moveMany(moves: readonly Move[], options?: MoveOptions): Promise<BulkResult>;
  /**
   * Removes many files and empty directories, none of which lies in another. Skips what is not there and directories that are not empty.
   * In any order; which were removed when it is told to end is not told.
   */
  removeMany(paths: readonly string[], options?: RemoveOptions): Promise<void>;
  /** Makes directories and those above them, so that a later `moveMany` need not; does nothing where directories need not be made. */
  makeDirectories(paths: readonly string[]): Promise<void>;
  /**
   * Moves the first `size` bytes of an appended file to their final place, durably. An appender that is still open on `from`, in
   * this process or another, never changes what lies at `to`. Throws NotFoundError.
   */
  publish(from: string, to: string, size: number): Promise<void>;
  /** Resolves when what another process has just published here survives a crash. */
  settle(path: string): Promise<void>;
  /** Removes a file or a whole directory; no error when it is not there. */
  delete(path: string): Promise<void>;
  /** Removes a directory if it is empty and tells whether it did. */
  removeIfEmpty(path: string): Promise<boolean>;
  /** Bytes of the storage, and those of them that are free; absent where a driver knows no such bounds. */
  space?(): Promise<{ readonly free: number; readonly total: number }>;
  /** What keeps this process from reading and writing, as a sentence with the way out; undefined when nothing is found, absent where nothing is known. */
  hindrance?(): Promise<string | undefined>;
  /**
   * The temporary files in a directory, which `list` hides. Absent where a driver makes none. Throws NotFoundError.
   */
  temporaries?(path: string): Promise<Entry[]>;
  /**
   * Looks at many files with one call, as `stat` and `getContent` would tell of each; not at one moment. Undefined when single calls are no
   * slower; absent where a driver has no such thing.
   */
  survey?(paths: readonly string[], options: SurveyOptions): Promise<Survey | undefined>;
  /** Sets the modification time (milliseconds since the epoch). This is how leases are kept. Throws NotFoundError. */
  touch(path: string, modified: number): Promise<void>;
}

/**
 * The content of a file, once, in pieces. A piece is valid only until the next one is asked for: its memory is used again.
 * What was opened stays readable when it is moved or deleted meanwhile. `close` is called by whoever opened it, also after an error.
 */
export interface Content extends AsyncIterable<Buffer> {
  close(): Promise<void>;
}

/** An open upload. `close` is called exactly once, also after an error. */
export interface Appender {
  /** Size of the file when it was opened. */
  readonly offset: number;
  /** Names the content that the file had then: of two that are the same, the content is the same. */
  readonly version: string;
  /** @throws OvertakenError as soon as that is noticed */
  write(chunks: readonly Buffer[]): Promise<void>;
  /**
   * The version after the last write.
   * @throws OvertakenError another appender was opened since, or the file has been published; NotFoundError it was deleted
   */
  finish(): Promise<string>;
  /** Flushes to stable storage. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
