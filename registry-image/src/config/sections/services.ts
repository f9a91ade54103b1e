import { z } from 'zod';
import { choice, duration, flag, headerName, headerValue, integer, text, url } from '../fields.ts';

const Exec = z.strictObject({
  command: text.describe('A credential helper that prints the credentials.'),
  lifetime: duration
    .optional()
    .describe('How long its answer is used; 0 asks for each request, without it it is asked once.'),
});

export const Proxy = z
  .strictObject({
    remoteurl: url('https://registry-1.docker.io', 'allowed').describe(
      'The registry whose content is cached.',
    ),
    username: text.optional().describe('User name there.'),
    password: text.optional().meta({ secret: true }).describe('Password there.'),
    exec: Exec.optional().describe('A program that gives user name and password.'),
    ttl: duration.prefault('168h').describe('How long content is kept; 0 means for ever.'),
    cachewritetimeout: duration.prefault('5m').describe('Longest time to write content to the storage.'),
  })
  .optional()
  .meta({ planned: true })
  .describe('A cache of another registry, filled by pulls.');

const Endpoint = z.strictObject({
  name: text.describe('Name of the endpoint.'),
  disabled: flag.default(false).describe('Send it nothing.'),
  url: url('https://listener.example/event', 'allowed').describe('Where events are posted.'),
  headers: z
    .record(headerName, z.array(headerValue.meta({ secret: true })).describe('Values of the field.'))
    .default({})
    .describe('Header fields of the requests.'),
  timeout: duration.prefault('0s').describe('Longest time of a request; 0 means no limit.'),
  threshold: integer(0).default(0).describe('Failures in a row after which it waits.'),
  backoff: duration.prefault('0s').describe('How long it waits.'),
  ignoredmediatypes: z.array(text).default([]).describe('Media types whose events are not sent.'),
  ignore: z
    .strictObject({
      mediatypes: z.array(text).default([]).describe('Media types whose events are not sent.'),
      actions: z
        .array(choice('pull', 'push', 'mount', 'delete'))
        .default([])
        .describe('Actions whose events are not sent.'),
    })
    .prefault({})
    .describe('Events that are not sent.'),
});

export const Notifications = z
  .strictObject({
    events: z
      .strictObject({
        includereferences: flag.default(false).describe('Name in an event what the manifest references.'),
      })
      .optional()
      .meta({ variable: 'EVENTCONFIG', planned: true })
      .describe('What is in an event.'),
    endpoints: z
      .array(Endpoint.meta({ planned: true }).describe('An endpoint.'))
      .default([])
      .describe('Who is told.'),
  })
  .prefault({})
  .describe('Events for other services.');

export const Reporting = z
  .strictObject({
    bugsnag: z
      .strictObject({
        apikey: text.meta({ secret: true }).describe('Key.'),
        releasestage: text.optional().describe('Stage of the release, such as production.'),
        endpoint: text.optional().describe('Endpoint of another service than the usual one.'),
      })
      .optional()
      .describe('Bugsnag.'),
    newrelic: z
      .strictObject({
        licensekey: text.meta({ secret: true }).describe('License key.'),
        name: text.optional().describe('Name of the application.'),
        verbose: flag.default(false).describe('Print what is reported.'),
      })
      .optional()
      .describe('New Relic.'),
  })
  .optional()
  .meta({ planned: true })
  .describe('Reports of errors and performance.');
