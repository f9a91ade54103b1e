import type { Request } from 'express';
import { type Access, loginPath } from '../auth/index.ts';
import { getBase } from './base.ts';
import { deleteBlob, getBlob } from './blobs.ts';
import { getCatalog } from './catalog.ts';
import type { Handler } from './context.ts';
import { deleteManifest, getManifest, putManifest } from './manifests.ts';
import { getReferrers } from './referrers.ts';
import { getTags } from './tags.ts';
import { getLogin } from './login.ts';
import { cancelUpload, finishUpload, getUpload, mountSource, patchUpload, startUpload } from './uploads.ts';

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Endpoint {
  readonly handle: Handler;
  /** What the user must be allowed to do; none: to be a user at all. */
  readonly actions: readonly Access['action'][];
  /** The repository that a request would also read from when the user may. */
  readonly source?: (request: Request) => string | undefined;
}

/** A family of endpoints. The pattern's groups are the repository's name and the last part of the path. */
export interface Route {
  readonly pattern: RegExp;
  readonly methods: Readonly<Partial<Record<Method, Endpoint>>>;
  /** Nobody is asked who they are. */
  readonly open?: true;
}

const base: Endpoint = { handle: getBase, actions: [] };
const catalog: Endpoint = { handle: getCatalog, actions: ['catalog'] };
const tags: Endpoint = { handle: getTags, actions: ['pull'] };
const manifest: Endpoint = { handle: getManifest, actions: ['pull'] };
const blob: Endpoint = { handle: getBlob, actions: ['pull'] };
const referrers: Endpoint = { handle: getReferrers, actions: ['pull'] };
const push = ['pull', 'push'] as const;

/** The paths below the prefix; the first pattern that fits counts. What is asked for most often comes first. */
export const routes: readonly Route[] = [
  {
    pattern: /^\/v2\/(.+)\/manifests\/([^/]+)$/,
    methods: {
      GET: manifest,
      HEAD: manifest,
      PUT: { handle: putManifest, actions: push },
      DELETE: { handle: deleteManifest, actions: ['delete'] },
    },
  },
  {
    pattern: /^\/v2\/(.+)\/blobs\/(?!uploads$)([^/]+)$/,
    methods: { GET: blob, HEAD: blob, DELETE: { handle: deleteBlob, actions: ['delete'] } },
  },
  { pattern: /^\/v2\/?$/, methods: { GET: base, HEAD: base } },
  { pattern: new RegExp(`^${loginPath}$`), methods: { GET: { handle: getLogin, actions: [] } }, open: true },
  { pattern: /^\/v2\/_catalog$/, methods: { GET: catalog, HEAD: catalog } },
  { pattern: /^\/v2\/(.+)\/tags\/list$/, methods: { GET: tags, HEAD: tags } },
  { pattern: /^\/v2\/(.+)\/referrers\/([^/]+)$/, methods: { GET: referrers, HEAD: referrers } },
  {
    pattern: /^\/v2\/(.+)\/blobs\/uploads\/?$/,
    methods: { POST: { handle: startUpload, actions: push, source: mountSource } },
  },
  {
    pattern: /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/,
    methods: {
      GET: { handle: getUpload, actions: push },
      HEAD: { handle: getUpload, actions: push },
      PATCH: { handle: patchUpload, actions: push },
      PUT: { handle: finishUpload, actions: push },
      DELETE: { handle: cancelUpload, actions: push },
    },
  },
];
