import { z } from 'zod';
import { choice, duration, flag, integer, text } from '../fields.ts';
import { Azure, Gcs, Oss, Swift } from './object-stores.ts';
import { S3 } from './s3.ts';

const leastThreads = 25;

const Filesystem = z
  .strictObject({
    rootdirectory: text.default('/var/lib/registry').describe('Directory of the data.'),
    maxthreads: integer(0)
      .transform((value) => Math.max(value, leastThreads))
      .prefault(100)
      .describe(
        `Most file operations at a time in one worker; less than ${leastThreads} means ${leastThreads}.`,
      ),
  })
  .prefault({})
  .describe('Everything is kept below a directory.');

const Maintenance = z
  .strictObject({
    uploadpurging: z
      .strictObject({
        enabled: flag.default(true).describe('Remove what is left of uploads that were given up.'),
        age: duration.prefault('168h').describe('Age of an upload from which on it is removed.'),
        interval: duration.prefault('24h').describe('Time between two rounds.'),
        dryrun: flag.default(false).describe('Only log what would be removed.'),
      })
      .prefault({})
      .describe('Removal of old uploads.'),
    readonly: z
      .strictObject({ enabled: flag.default(false).describe('Refuse every write with 405; reads go on.') })
      .prefault({})
      .describe('Read-only mode.'),
  })
  .prefault({})
  .describe('Upkeep of the storage.');

const cacheKind = choice('inmemory', 'redis').optional();

const Cache = z
  .strictObject({
    blobdescriptor: cacheKind
      .meta({ plannedWords: ['redis'] })
      .describe('Where descriptors of blobs are cached; nowhere without it.'),
    layerinfo: cacheKind
      .meta({ plannedWords: ['redis'], replacement: 'storage.cache.blobdescriptor' })
      .describe('Where descriptors of blobs are cached.'),
    blobdescriptorsize: integer(0)
      .default(10_000)
      .describe('Most descriptors in the memory of one worker; 0 means no limit.'),
  })
  .transform(({ layerinfo, ...cache }) => ({
    ...cache,
    blobdescriptor: cache.blobdescriptor ?? layerinfo,
  }))
  .prefault({})
  .describe('The cache of descriptors.');

function planned<T extends z.ZodType>(driver: T, description: string): z.ZodOptional<T> {
  return driver.optional().meta({ planned: true }).describe(description);
}

export const Storage = z
  .strictObject({
    filesystem: Filesystem,
    inmemory: z
      .strictObject({})
      .optional()
      .describe('Everything is kept in memory and gone when the registry ends.'),
    s3: planned(S3, 'Amazon S3 and compatible services.'),
    s3aws: planned(S3, 'Amazon S3, by an older name.').meta({ sameAs: 'storage.s3' }),
    azure: planned(Azure, 'Azure Blob Storage.'),
    gcs: planned(Gcs, 'Google Cloud Storage.'),
    swift: planned(Swift, 'OpenStack Swift.'),
    oss: planned(Oss, 'Alibaba Cloud Object Storage Service.'),
    delete: z
      .strictObject({
        enabled: flag.default(false).describe('Let clients delete manifests, tags and blobs.'),
      })
      .prefault({})
      .describe('Deletion.'),
    redirect: z
      .strictObject({
        disable: flag.default(false).describe('Serve blobs even where the storage can serve them itself.'),
      })
      .prefault({})
      .describe('Sending clients to the storage.'),
    cache: Cache,
    tag: z
      .strictObject({
        concurrencylimit: integer(0)
          .default(0)
          .describe(
            'Most tags that are looked up at a time when a manifest is deleted; 0 leaves it to the registry.',
          ),
      })
      .prefault({})
      .describe('Looking up tags.'),
    maintenance: Maintenance,
  })
  .meta({
    exclusive: {
      noun: 'driver',
      keys: ['filesystem', 'inmemory', 's3', 's3aws', 'azure', 'gcs', 'swift', 'oss'],
      fallback: 'filesystem',
    },
  })
  .prefault({})
  .describe('Where the data is; one driver at most, `filesystem` without any.');
