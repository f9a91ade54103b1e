import { z } from 'zod';
import { choice, duration, flag, integer, text } from '../fields.ts';

const Filesystem = z
  .strictObject({
    rootdirectory: text.default('/var/lib/registry'),
    /** Most file operations at a time in one worker. */
    maxthreads: integer(1).default(100),
  })
  .prefault({});

const Maintenance = z
  .strictObject({
    uploadpurging: z
      .strictObject({
        enabled: flag.default(true),
        age: duration.prefault('168h'),
        interval: duration.prefault('24h'),
        dryrun: flag.default(false),
      })
      .prefault({}),
    readonly: z.strictObject({ enabled: flag.default(false) }).prefault({}),
  })
  .prefault({});

export const Storage = z
  .strictObject({
    filesystem: Filesystem,
    /** Present: everything is kept in memory and gone when the registry ends; `filesystem` is not used then. */
    inmemory: z.strictObject({}).optional(),
    delete: z.strictObject({ enabled: flag.default(false) }).prefault({}),
    redirect: z.strictObject({ disable: flag.default(false) }).prefault({}),
    cache: z
      .strictObject({
        blobdescriptor: choice('inmemory').optional(),
        /** The older name of `blobdescriptor`. */
        layerinfo: choice('inmemory').optional(),
        blobdescriptorsize: integer(0).default(10_000),
      })
      .prefault({}),
    tag: z.strictObject({ concurrencylimit: integer(0).default(0) }).prefault({}),
    maintenance: Maintenance,
  })
  .prefault({});
