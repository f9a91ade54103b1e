import type { Readable } from 'node:stream';

/** What `stat` and `list` tell of an entry. Sizes in bytes, times in milliseconds since the epoch. */
export interface Entry {
  readonly path: string;
  readonly isDirectory: boolean;
  readonly size: number;
  readonly modified: number;
  /** Told by `list` alone: the name itself is a symbolic link (perhaps to nothing); the rest describes what it names. */
  readonly isSymbolicLink?: boolean;
}

/**
 * A place that holds files by path. Paths are absolute, '/'-separated and relative to the driver's root
 * (`/docker/registry/v2/...`). Only "does not exist" is a NotFoundError (storage/errors.ts); every other failure is
 * thrown as it came, because for a collection unknown means alive. Each method is safe to call from several processes.
 */
export interface StorageDriver {
  readonly name: string;
  /** The whole of a small file (links, manifests). Throws NotFoundError. */
  getContent(path: string): Promise<Buffer>;
  /** Replaces a small file atomically and durably: readers see the old content or the new, also after a crash. */
  putContent(path: string, content: Buffer | string): Promise<void>;
  /** Streams bytes [start, end] (end inclusive, default: to the end). Throws NotFoundError before the first byte. */
  reader(path: string, range?: { start: number; end?: number }): Promise<Readable>;
  /**
   * Opens a file to append at its end, creating it (and its directories); `offset` is its size then. Where it lies is
   * durable only once it has been moved.
   */
  appender(path: string): Promise<Appender>;
  /** Throws NotFoundError. */
  stat(path: string): Promise<Entry>;
  /** Direct children, sorted by path. Throws NotFoundError when the directory does not exist. */
  list(path: string): Promise<Entry[]>;
  /** Renames a file or a directory (creating the parents of `to`), durably. Replaces a file at `to`. Throws NotFoundError. */
  move(from: string, to: string): Promise<void>;
  /**
   * Moves the first `size` bytes of an appended file to their final place, durably. An appender that is still open on `from`, in
   * this process or another, never changes what lies at `to`. Throws NotFoundError.
   */
  publish(from: string, to: string, size: number): Promise<void>;
  /** Removes a file or a whole directory; no error when it is not there. */
  delete(path: string): Promise<void>;
  /** Removes a directory if it is empty and tells whether it did. */
  removeIfEmpty(path: string): Promise<boolean>;
  /** Sets the modification time (milliseconds since the epoch). This is how leases are kept. Throws NotFoundError. */
  touch(path: string, modified: number): Promise<void>;
}

/** An open upload. `close` is called exactly once, also after an error. */
export interface Appender {
  readonly offset: number;
  write(chunk: Buffer): Promise<void>;
  /** Flushes to stable storage. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
