import { z } from 'zod';
import { choice, flag, integer, text } from '../fields.ts';

const Urls = z
  .strictObject({ allow: z.array(text).default([]), deny: z.array(text).default([]) })
  .prefault({});

const Indexes = z
  .strictObject({
    /** Which children of an index must be in the repository: all, none, or those of `platformlist`. */
    platforms: choice('all', 'none', 'list').default('all'),
    platformlist: z.array(z.strictObject({ architecture: text, os: text })).default([]),
  })
  .prefault({});

export const Validation = z
  .strictObject({
    disabled: flag.default(false),
    manifests: z.strictObject({ urls: Urls, indexes: Indexes }).prefault({}),
  })
  .prefault({});

export const Policy = z
  .strictObject({
    repository: z
      .strictObject({
        /** Classes of images that may be pushed (image, plugin, artifact…); all when empty. */
        classes: z.array(text).default([]),
      })
      .prefault({}),
  })
  .prefault({});

export const Compatibility = z
  .strictObject({
    schema1: z
      .strictObject({
        /** Takes manifests of schema 1. */
        enabled: flag.default(false),
        /** Private key that signs converted manifests (PEM or JWK); made anew at each start when absent. */
        signingkeyfile: text.optional(),
      })
      .prefault({}),
  })
  .prefault({});

export const Catalog = z.strictObject({ maxentries: integer(1).default(1000) }).prefault({});
export const Tags = z.strictObject({ maxtags: integer(1).default(1000) }).prefault({});
