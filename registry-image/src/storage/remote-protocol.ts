import type { BulkResult } from './bulk-operations.ts';
import type { Child, Entry, Move } from './driver.ts';

interface Range {
  readonly start: number;
  readonly end?: number;
}

/** What can be asked of the process that keeps a storage. A `handle` is what the asker calls something that it opened. */
export type StorageCall =
  | { readonly method: 'getContent'; readonly path: string }
  | { readonly method: 'putContent'; readonly path: string; readonly content: Uint8Array }
  | { readonly method: 'append'; readonly path: string; readonly text: string }
  | { readonly method: 'stat'; readonly path: string }
  | { readonly method: 'list' | 'children'; readonly path: string }
  | { readonly method: 'move'; readonly from: string; readonly to: string }
  | { readonly method: 'moveMany'; readonly moves: readonly Move[] }
  | {
      readonly method: 'removeMany';
      readonly paths: readonly string[];
      readonly withDirectory: boolean | undefined;
    }
  | { readonly method: 'makeDirectories'; readonly paths: readonly string[] }
  | { readonly method: 'publish'; readonly from: string; readonly to: string; readonly size: number }
  | { readonly method: 'settle'; readonly path: string }
  | { readonly method: 'delete'; readonly path: string }
  | { readonly method: 'removeIfEmpty'; readonly path: string }
  | { readonly method: 'touch'; readonly path: string; readonly modified: number }
  | { readonly method: 'openReader'; readonly handle: number; readonly path: string; readonly range?: Range }
  /** The next piece; null at the end. */
  | { readonly method: 'read'; readonly handle: number }
  | {
      readonly method: 'openAppender';
      readonly handle: number;
      readonly path: string;
      readonly create: boolean;
    }
  | { readonly method: 'write'; readonly handle: number; readonly chunks: readonly Uint8Array[] }
  | { readonly method: 'sync'; readonly handle: number }
  | { readonly method: 'finish'; readonly handle: number }
  | { readonly method: 'close'; readonly handle: number };

/** What the answer to each call carries. */
export interface StorageAnswers {
  getContent: Uint8Array;
  putContent: void;
  append: void;
  stat: Entry;
  list: Entry[];
  children: Child[];
  move: void;
  moveMany: BulkResult;
  removeMany: void;
  makeDirectories: void;
  publish: void;
  settle: void;
  delete: void;
  removeIfEmpty: boolean;
  touch: void;
  openReader: void;
  read: Uint8Array | null;
  openAppender: { offset: number; version: string };
  write: void;
  sync: void;
  finish: string;
  close: void;
}

export interface CallMessage {
  readonly id: number;
  readonly call: StorageCall;
}

export type AnswerMessage = { readonly id: number } & (
  { readonly value: unknown } | { readonly error: RemoteError }
);

/** Of the errors of storage/errors.ts the name and the path, of any other the message. */
export interface RemoteError {
  readonly name: string;
  readonly message: string;
  readonly path: string;
}
