import { z } from 'zod';
import { address, flag, headerName, headerValue, integer, text, timer, url } from '../fields.ts';

const interval = timer
  .transform((value) => value || 10_000)
  .prefault('10s')
  .describe('Time between two checks.');
const timeout = timer.prefault('0s').describe('Longest time that a check takes; 0 means no limit.');
const threshold = integer(0)
  .default(0)
  .describe('Failures in a row from which on the check fails; 0 means 1.');

const FileCheck = z.strictObject({
  file: text.describe('Path; the check fails while the file exists.'),
  interval,
  threshold,
});

const HttpCheck = z.strictObject({
  uri: url('https://server.example/health').describe('URL that is asked with HEAD.'),
  headers: z
    .record(headerName, z.array(headerValue.meta({ secret: true })).describe('Values of the field.'))
    .default({})
    .describe('Header fields of the request.'),
  statuscode: integer(0)
    .transform((value) => value || 200)
    .prefault(200)
    .describe('Status of a good answer.'),
  timeout,
  interval,
  threshold,
});

const TcpCheck = z.strictObject({
  addr: address('cache.example:6379').describe(
    'HOST:PORT; the check fails unless a connection can be opened.',
  ),
  timeout,
  interval,
  threshold,
});

export const Health = z
  .strictObject({
    storagedriver: z
      .strictObject({ enabled: flag.default(false).describe('Check the storage.'), interval, threshold })
      .prefault({})
      .describe('A check of the storage.'),
    file: z
      .array(FileCheck.describe('A check.'))
      .default([])
      .meta({ variable: 'FILECHECKERS' })
      .describe('Checks that fail while a file exists.'),
    http: z
      .array(HttpCheck.describe('A check.'))
      .default([])
      .meta({ variable: 'HTTPCHECKERS' })
      .describe('Checks that fail unless a URL is answered with the status.'),
    tcp: z
      .array(TcpCheck.describe('A check.'))
      .default([])
      .meta({ variable: 'TCPCHECKERS' })
      .describe('Checks that fail unless a TCP connection can be opened.'),
  })
  .prefault({})
  .describe('Checks of this instance; while one fails, requests are answered 503.');
