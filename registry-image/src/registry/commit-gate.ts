import { hasCode, isFull } from '../storage/file-errors.ts';
import type { Addition } from './journal.ts';

/**
 * Every visible change of the store happens inside a commit section, and a section is entered through this gate.
 * A section lasts milliseconds (links, renames); bodies are streamed outside of it. One gate per worker process; the
 * supervisor sets its mode and asks when the last section has ended (docs/architecture.md, "Window").
 */
export type GateMode = 'open' | 'readOnly' | 'paused';

/** A write came while the gate was readOnly, or was held for longer than the limit: 405 UNSUPPORTED. */
export class WritesRefusedError extends Error {
  readonly mode: GateMode;
  constructor(mode: GateMode) {
    super(
      mode === 'readOnly'
        ? 'the registry is in read-only mode'
        : 'the registry is paused for garbage collection, try again in a few seconds',
    );
    this.name = 'WritesRefusedError';
    this.mode = mode;
  }
}

/** Whether nothing can be written now. A read that would note something (a lease) does without then: it is never refused. */
export function isWriteRefusal(error: unknown): boolean {
  return error instanceof WritesRefusedError || isFull(error) || hasCode(error, 'EROFS');
}

export interface SectionOptions {
  /** Ends the wait when the client has gone. */
  readonly signal?: AbortSignal;
  /** What the section makes reachable, for the journal; nothing for one that only takes away. */
  readonly adds?: readonly Addition[];
}

export interface CommitGate {
  readonly mode: GateMode;
  /** Sections running now. */
  readonly running: number;
  /** Writes waiting for the gate to open. */
  readonly held: number;
  /**
   * Runs `section` when the gate is open. While paused it waits, at most the hold limit; in readOnly, after the limit,
   * or when too many wait already, throws WritesRefusedError.
   */
  run<T>(section: () => Promise<T>, options?: SectionOptions): Promise<T>;
  /** Refuses a write early, before its body is read, in readOnly mode. Does not wait. */
  refuseIfReadOnly(): void;
}
