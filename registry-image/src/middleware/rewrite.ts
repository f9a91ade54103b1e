import type { StorageMiddleware } from './middleware.ts';

interface RewriteOptions {
  readonly scheme?: string;
  readonly host?: string;
  readonly trimpathprefix?: string;
}

/** Changes the URLs to which another middleware or the storage sends clients. */
export const rewrite: StorageMiddleware = async (next, context) => {
  const { scheme, host, trimpathprefix = '' } = context.options as RewriteOptions;

  function rewritten(text: string): string {
    const { protocol, host: authority, pathname, search } = new URL(text);
    const path = pathname.startsWith(trimpathprefix) ? pathname.slice(trimpathprefix.length) : pathname;
    const separated = path.startsWith('/') ? path : `/${path}`;
    return `${scheme ?? protocol.slice(0, -1)}://${host ?? authority}${separated}${search}`;
  }

  return {
    ...next,
    redirects: {
      async urlFor(request) {
        const url = await next.redirects.urlFor(request);
        return url === undefined ? undefined : rewritten(url);
      },
    },
  };
};
