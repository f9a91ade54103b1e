import { z } from 'zod';
import { choice } from './fields.ts';
import { Auth } from './sections/auth.ts';
import { Catalog, Compatibility, Policy, Tags, Validation } from './sections/content.ts';
import { Health } from './sections/health.ts';
import { Http } from './sections/http.ts';
import { Log } from './sections/log.ts';
import { Middlewares } from './sections/middleware.ts';
import { Storage } from './sections/storage.ts';
import { Wharfinger } from './sections/wharfinger.ts';

/**
 * config.yml with the keys, nesting, defaults and units of CNCF distribution, and our own section `wharfinger`.
 * Durations are milliseconds once parsed. What distribution knows and we do not yet is in planned.ts.
 */
export const Config = z.strictObject({
  version: choice('0.1'),
  log: Log,
  storage: Storage,
  auth: Auth,
  middleware: Middlewares,
  http: Http,
  health: Health,
  validation: Validation,
  policy: Policy,
  compatibility: Compatibility,
  catalog: Catalog,
  tags: Tags,
  wharfinger: Wharfinger,
});
export type Config = z.output<typeof Config>;
/** What may be written in config.yml; what the operator renders. */
export type ConfigInput = z.input<typeof Config>;
