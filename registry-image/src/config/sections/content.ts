import { z } from 'zod';
import { choice, flag, integer, text } from '../fields.ts';

const Urls = z
  .strictObject({
    allow: z
      .array(text)
      .default([])
      .describe(
        'Regular expressions of which a URL in a manifest must match one; when `allow` and `deny` are empty, no URL is taken.',
      ),
    deny: z
      .array(text)
      .default([])
      .describe('Regular expressions of which a URL in a manifest must match none.'),
  })
  .prefault({})
  .describe('URLs of layers that are elsewhere.');

const Platform = z.strictObject({
  architecture: text.describe('Architecture as in the index, such as amd64.'),
  os: text.describe('Operating system as in the index, such as linux.'),
});

const Indexes = z
  .strictObject({
    platforms: choice('all', 'none', 'list')
      .default('all')
      .describe(
        'Which children of an index must be in the repository: all, none, or those of `platformlist`.',
      ),
    platformlist: z
      .array(Platform.describe('A platform.'))
      .default([])
      .describe('The platforms for `platforms: list`.'),
  })
  .prefault({})
  .describe('Children of indexes.');

export const Validation = z
  .strictObject({
    enabled: flag
      .optional()
      .meta({ replacement: 'validation.disabled' })
      .describe('True: validate, whatever `disabled` says.'),
    disabled: flag.default(false).describe('Switch the other checks of this section off.'),
    manifests: z.strictObject({ urls: Urls, indexes: Indexes }).prefault({}).describe('Checks of manifests.'),
  })
  .transform(({ enabled, disabled, ...checks }) => ({ ...checks, disabled: disabled && enabled !== true }))
  .prefault({})
  .describe('What is checked when a manifest is pushed.');

export const Policy = z
  .strictObject({
    repository: z
      .strictObject({
        classes: z
          .array(text)
          .default([])
          .describe('Classes of images that may be pushed (`image`, `plugin`, `artifact`); all when empty.'),
      })
      .prefault({})
      .describe('Rules for repositories.'),
  })
  .prefault({})
  .describe('What may be pushed.');

export const Compatibility = z
  .strictObject({
    schema1: z
      .strictObject({
        enabled: flag.default(false).describe('Take manifests of schema 1.'),
        signingkeyfile: text
          .optional()
          .meta({ variable: 'TRUSTKEY' })
          .describe(
            'Private key that signs manifests of schema 1 (RSA or EC; PEM or JWK); derived from `http.secret` when absent.',
          ),
      })
      .prefault({})
      .describe('Docker image manifests of version 2, schema 1.'),
  })
  .prefault({})
  .describe('Older formats.');

const defaultEntries = 1000;

/** Most entries of one answer; 0 means the default, as in distribution. */
const entries = integer(0).transform((value) => value || defaultEntries);

export const Catalog = z
  .strictObject({
    maxentries: entries.prefault(defaultEntries).describe('Most repositories in one answer of the catalog.'),
  })
  .prefault({})
  .describe('The list of repositories.');

export const Tags = z
  .strictObject({
    maxtags: entries.prefault(defaultEntries).describe('Most tags in one answer of a tag list.'),
  })
  .prefault({})
  .describe('The lists of tags.');
