import type { StorageMiddleware } from './middleware.ts';

/** Sends clients to `baseurl` and the path of the data on the storage. */
export const redirect: StorageMiddleware = async (next, { options }) => {
  const base = new URL(options['baseurl'] as string);
  const basePath = base.pathname.replace(/\/+$/, '');
  return {
    ...next,
    redirects: { urlFor: async ({ path }) => `${base.origin}${basePath}${path}` },
  };
};
