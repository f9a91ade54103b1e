import { z } from 'zod';
import { choice, flag, text } from '../fields.ts';

export const Log = z
  .strictObject({
    level: choice('error', 'warn', 'info', 'debug').default('info'),
    formatter: choice('text', 'json', 'logstash').default('text'),
    fields: z.record(z.string(), text).default({}),
    accesslog: z.strictObject({ disabled: flag.default(false) }).prefault({}),
    /** Adds the place in the code that wrote a line. */
    reportcaller: flag.default(false),
  })
  .prefault({});
