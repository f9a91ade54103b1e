import { z } from 'zod';
import { choice } from './fields.ts';
import { keysOf } from './keys.ts';
import { checkAccess } from './access.ts';
import { Auth } from './sections/auth.ts';
import { Catalog, Compatibility, Policy, Tags, Validation } from './sections/content.ts';
import { Health } from './sections/health.ts';
import { Http } from './sections/http.ts';
import { Log, LogLevel } from './sections/log.ts';
import { Middlewares } from './sections/middleware.ts';
import { Redis } from './sections/redis.ts';
import { Notifications, Proxy, Reporting } from './sections/services.ts';
import { Storage } from './sections/storage.ts';
import { Wharfinger } from './sections/wharfinger.ts';

/**
 * config.yml with the keys, nesting, defaults and units of CNCF distribution (2.8 and 3), and our own section
 * `wharfinger`. Durations are milliseconds once parsed. Keys of services that this registry does not use yet are
 * `planned`.
 */
export const Config = z
  .strictObject({
    version: choice('0.1').describe('Version of the format.'),
    log: Log,
    loglevel: LogLevel.optional(),
    storage: Storage,
    auth: Auth,
    middleware: Middlewares,
    http: Http,
    notifications: Notifications,
    redis: Redis,
    health: Health,
    proxy: Proxy,
    validation: Validation,
    policy: Policy,
    compatibility: Compatibility,
    catalog: Catalog,
    tags: Tags,
    reporting: Reporting,
    wharfinger: Wharfinger,
  })
  .superRefine(checkAccess)
  .transform(({ loglevel, log, ...config }) => ({
    ...config,
    log: { ...log, level: log.level ?? loglevel ?? 'info' },
  }));
export type Config = z.output<typeof Config>;
/** What may be written in config.yml; what the operator renders. */
export type ConfigInput = z.input<typeof Config>;

/** The keys of `Config`. */
export const configKeys = keysOf(Config);
