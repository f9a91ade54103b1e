import { z } from 'zod';
import { choice, duration, flag, headerName, headerValue, integer, text, timer } from './fields.ts';

/**
 * config.yml with the keys, nesting, defaults and units of CNCF distribution, and our own section `wharfinger`.
 * Durations are milliseconds once parsed. What distribution knows and we do not yet is in planned.ts.
 */
const Log = z
  .strictObject({
    level: choice('error', 'warn', 'info', 'debug').default('info'),
    formatter: choice('text', 'json', 'logstash').default('text'),
    fields: z.record(z.string(), text).default({}),
    accesslog: z.strictObject({ disabled: flag.default(false) }).prefault({}),
  })
  .prefault({});

const Storage = z
  .strictObject({
    filesystem: z
      .strictObject({
        rootdirectory: text.default('/var/lib/registry'),
        /** Read for compatibility; Node bounds its own threads. */
        maxthreads: integer(1).default(100),
      })
      .prefault({}),
    delete: z.strictObject({ enabled: flag.default(false) }).prefault({}),
    redirect: z.strictObject({ disable: flag.default(false) }).prefault({}),
    cache: z
      .strictObject({
        blobdescriptor: choice('inmemory').optional(),
        layerinfo: choice('inmemory').optional(),
        blobdescriptorsize: integer(0).default(10_000),
      })
      .prefault({}),
    tag: z.strictObject({ concurrencylimit: integer(0).default(0) }).prefault({}),
    maintenance: z
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
      .prefault({}),
  })
  .prefault({});

const Auth = z.strictObject({
  htpasswd: z.strictObject({ realm: text, path: text }).optional(),
});

const Tls = z.strictObject({
  certificate: text,
  key: text,
  minimumtls: choice('tls1.0', 'tls1.1', 'tls1.2', 'tls1.3').default('tls1.2'),
});

/** `registry:5000` is a URL too, of the scheme `registry`. */
function isWebOrigin(value: string): boolean {
  return /^https?:\/\//i.test(value) && URL.canParse(value);
}

const Http = z
  .strictObject({
    addr: text.default(':5000'),
    net: choice('tcp', 'unix').default('tcp'),
    /** '' or a path that starts with a slash and does not end with one. */
    prefix: text.transform((value) => value.replace(/^\/*/, '/').replace(/\/+$/, '')).prefault(''),
    host: text.refine(isWebOrigin, 'must be a URL such as https://registry.example').optional(),
    secret: text.optional(),
    relativeurls: flag.default(false),
    draintimeout: duration.prefault('0'),
    headers: z.record(headerName, z.array(headerValue)).default({}),
    tls: Tls.optional(),
    debug: z
      .strictObject({
        addr: text,
        prometheus: z
          .strictObject({ enabled: flag.default(false), path: text.default('/metrics') })
          .prefault({}),
      })
      .optional(),
    http2: z.strictObject({ disabled: flag.default(false) }).prefault({}),
  })
  .refine(({ addr, net }) => net === 'unix' || /:\d{1,5}$/.test(addr), {
    path: ['addr'],
    message: 'must be HOST:PORT or :PORT, such as :5000',
  })
  .prefault({});

const Health = z
  .strictObject({
    storagedriver: z
      .strictObject({
        enabled: flag.default(false),
        interval: timer.prefault('10s'),
        threshold: integer(0).default(0),
      })
      .prefault({}),
  })
  .prefault({});

const Wharfinger = z
  .strictObject({
    workers: integer(1).default(2),
    /** Directory of the maintenance files (maintenance.ts); without it nobody maintains this registry. */
    maintenance: z.strictObject({ directory: text.optional() }).prefault({}),
    /** The state endpoint; without it there is none. */
    state: z.strictObject({ addr: text, certificate: text, key: text, clientca: text }).optional(),
    gc: z.strictObject({ minage: duration.prefault('24h') }).prefault({}),
    hold: z.strictObject({ timeout: timer.prefault('10s'), limit: integer(0).default(1000) }).prefault({}),
  })
  .prefault({});

export const Config = z.strictObject({
  version: choice('0.1'),
  log: Log,
  storage: Storage,
  auth: Auth.prefault({}),
  http: Http,
  health: Health,
  catalog: z.strictObject({ maxentries: integer(1).default(1000) }).prefault({}),
  tags: z.strictObject({ maxtags: integer(1).default(1000) }).prefault({}),
  wharfinger: Wharfinger,
});
export type Config = z.output<typeof Config>;
/** What may be written in config.yml; what the operator renders. */
export type ConfigInput = z.input<typeof Config>;
