import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import type { AccessController, Subject } from '../auth/index.ts';
import type { Config } from '../config/index.ts';
import type { Redirects } from '../middleware/redirects.ts';
import type { Registry } from '../registry/index.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { UploadState } from './upload-state.ts';

/** What every endpoint works with. */
export interface Services {
  readonly config: Config;
  readonly registry: Registry;
  readonly access: AccessController;
  readonly log: Logger;
  readonly uploadState: UploadState;
  /** Held by a PUT of a manifest while it has the body in memory. */
  readonly manifestBodies: ByteBudget;
  /** Absent: every blob is sent by this registry. */
  readonly redirects?: Redirects | undefined;
}

/** One authorized request for one endpoint. */
export interface Context {
  readonly services: Services;
  readonly request: Request;
  readonly response: Response;
  readonly subject: Subject;
  /** Name of the repository, '' where the path has none. */
  readonly repository: string;
  /** The last part of the path: reference, digest or upload; '' where the path has none. */
  readonly target: string;
  /** Aborted when the client has gone before it was answered. */
  readonly signal: AbortSignal;
}

export type Handler = (context: Context) => Promise<void>;
