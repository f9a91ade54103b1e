import type { RegistryMiddleware, RepositoryMiddleware, StorageMiddleware } from './middleware.ts';

/** Loads the code of a middleware when it is configured. */
type Registered<T> = ReadonlyMap<string, () => Promise<T>>;

export interface RegisteredMiddleware {
  readonly registry: Registered<RegistryMiddleware>;
  readonly repository: Registered<RepositoryMiddleware>;
  readonly storage: Registered<StorageMiddleware>;
}

/**
 * Every middleware by the name that config.yml calls it by. To add one, write it as middleware.ts says, name it here, and
 * give the schema of its options the same name in config/sections/middleware.ts.
 */
export const registeredMiddleware: RegisteredMiddleware = {
  registry: new Map(),
  repository: new Map(),
  storage: new Map([
    ['cloudfront', async () => (await import('./cloudfront.ts')).cloudfront],
    ['redirect', async () => (await import('./redirect.ts')).redirect],
    ['rewrite', async () => (await import('./rewrite.ts')).rewrite],
  ]),
};
