import { baseOf } from './base-url.ts';
import type { StorageMiddleware } from './middleware.ts';

/** Sends clients to `baseurl` and the path of the data on the storage. */
export const redirect: StorageMiddleware = async (next, { options }) => {
  const base = baseOf(options['baseurl'] as string);
  return {
    ...next,
    redirects: { urlFor: async ({ path }) => base + path },
  };
};
