import { z } from 'zod';
import { address, choice, flag, text } from '../fields.ts';

const levels = ['error', 'warn', 'info', 'debug'] as const;

/** The deprecated key beside `log`. */
export const LogLevel = choice(...levels)
  .describe('Least severe level that is logged.')
  .meta({ replacement: 'log.level' });

const MailOptions = z.strictObject({
  smtp: z
    .strictObject({
      addr: address('mail.example.com:25').describe('Address of the mail server, HOST:PORT.'),
      username: text.optional().describe('User name for the mail server.'),
      password: text.optional().meta({ secret: true }).describe('Password for the mail server.'),
      insecure: flag.default(false).describe("Do not verify the mail server's certificate."),
    })
    .describe('The mail server.'),
  from: text.describe('Sender of the mails.'),
  to: z.array(text).describe('Receivers of the mails.'),
});

const Hook = z.strictObject({
  disabled: flag.default(false).describe('Leave this hook out.'),
  type: choice('mail').describe('What is done with a line.'),
  levels: z
    .array(choice('panic', 'fatal', ...levels))
    .default([])
    .describe('Levels of the lines that are sent.'),
  options: MailOptions.optional().meta({ variable: 'MAILOPTIONS' }).describe('How the lines are sent.'),
});

export const Log = z
  .strictObject({
    level: choice(...levels)
      .optional()
      .meta({ fallback: 'info' })
      .describe('Least severe level that is logged.'),
    formatter: choice('text', 'json', 'logstash').default('text').describe('How a line is written.'),
    fields: z
      .record(z.string(), text.describe('Value of the field.'))
      .default({})
      .describe('Fields that every line gets, by name.'),
    accesslog: z
      .strictObject({ disabled: flag.default(false).describe('Write no line for each request.') })
      .prefault({})
      .describe('The log of requests.'),
    reportcaller: flag.default(false).describe('Add the place in the code that wrote a line.'),
    hooks: z
      .array(Hook.meta({ planned: true }).describe('A receiver.'))
      .default([])
      .describe('Further receivers of log lines.'),
  })
  .prefault({})
  .describe('What is logged, and how.');
