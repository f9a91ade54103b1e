import { z } from 'zod';
import { flag, integer, text, timer } from '../fields.ts';

const interval = timer.prefault('10s');
/** Failures in a row from which on the check fails; 0 means the default of its kind. */
const threshold = integer(0).default(0);

/** Checks of this instance; while one fails, requests are answered 503. */
export const Health = z
  .strictObject({
    storagedriver: z.strictObject({ enabled: flag.default(false), interval, threshold }).prefault({}),
    /** Fails while the file exists. */
    file: z.array(z.strictObject({ file: text, interval, threshold })).default([]),
    /** Fails unless a HEAD of the URI is answered with the status code. */
    http: z
      .array(
        z.strictObject({
          uri: text,
          headers: z.record(z.string(), z.array(text)).default({}),
          statuscode: integer(100).default(200),
          timeout: timer.prefault('0s'),
          interval,
          threshold,
        }),
      )
      .default([]),
    /** Fails unless a TCP connection can be opened. */
    tcp: z
      .array(z.strictObject({ addr: text, timeout: timer.prefault('0s'), interval, threshold }))
      .default([]),
  })
  .prefault({});
