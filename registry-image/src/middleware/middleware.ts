import type { Logger } from 'pino';
import type { Registry } from '../registry/index.ts';
import type { StorageDriver } from '../storage/driver.ts';
import type { Redirects } from './redirects.ts';

/** What a middleware is made with. */
export interface MiddlewareContext {
  /** Its options, checked and with defaults, as config/sections/middleware.ts has them. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The place of the options in config.yml, for sentences about them. */
  readonly setting: string;
  readonly log: Logger;
}

/** The storage as the registry uses it. */
export interface StorageLayer {
  readonly driver: StorageDriver;
  readonly redirects: Redirects;
}

/** Comes between the registry and the storage. Throws an error of one sentence when its options cannot work here. */
export type StorageMiddleware = (next: StorageLayer, context: MiddlewareContext) => Promise<StorageLayer>;

/** Comes between the endpoints and the registry. */
export type RegistryMiddleware = (next: Registry, context: MiddlewareContext) => Promise<Registry>;

/** Comes between the endpoints and one repository; made once, asked for each request. */
export type RepositoryMiddleware = (
  context: MiddlewareContext,
) => Promise<(next: Registry, repository: string) => Registry>;
