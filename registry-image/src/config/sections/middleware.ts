import { z } from 'zod';
import { anything, choice, duration, flag, isSection, isWebUrl, text, timer, url } from '../fields.ts';

const Cloudfront = z
  .strictObject({
    baseurl: text
      .transform((value) => (value.includes('://') ? value : `https://${value}`))
      .refine(isWebUrl, 'must be a URL, such as https://d111111abcdef8.cloudfront.net/')
      .meta({ kind: 'url', example: 'https://d111111abcdef8.cloudfront.net/' })
      .describe('Where CloudFront serves the storage.'),
    privatekey: text.describe('PEM file with the private key that signs URLs.'),
    keypairid: text.describe('Id of the key pair at CloudFront.'),
    duration: duration.prefault('20m').describe('How long a signed URL is valid.'),
    ipfilteredby: choice('none', 'aws', 'awsregion')
      .default('none')
      .describe(
        'Which clients are not sent to CloudFront: none, those of AWS, or those of some of its regions.',
      ),
    awsregion: text
      .optional()
      .describe('The regions for `ipfilteredby: awsregion`, with commas between them.'),
    updatefrequency: timer.prefault('12h').describe('How often the address ranges of AWS are fetched.'),
    updatefrenquency: timer
      .optional()
      .meta({ replacement: 'updatefrequency' })
      .describe('How often the address ranges of AWS are fetched.'),
    iprangesurl: url('https://ip-ranges.amazonaws.com/ip-ranges.json')
      .prefault('https://ip-ranges.amazonaws.com/ip-ranges.json')
      .describe('Where the address ranges of AWS are.'),
  })
  .refine(({ ipfilteredby, awsregion }) => ipfilteredby !== 'awsregion' || awsregion !== undefined, {
    path: ['awsregion'],
    message: 'is required when ipfilteredby is awsregion',
    when: isSection,
  })
  .transform(({ updatefrenquency, ...options }) => ({
    ...options,
    updatefrequency: updatefrenquency ?? options.updatefrequency,
  }))
  .describe('Options of the storage middleware `cloudfront`.');

const Redirect = z
  .strictObject({
    baseurl: url('https://layers.example.com:5443/').describe(
      'Where clients fetch blobs; the path of the data on the storage is added.',
    ),
  })
  .describe('Options of the storage middleware `redirect`.');

const Rewrite = z
  .strictObject({
    scheme: text.optional().describe('Replaces the scheme of the URLs to which clients are sent.'),
    host: text.optional().describe('Replaces the host of the URLs to which clients are sent.'),
    trimpathprefix: text.optional().describe('Is taken off the path of the URLs to which clients are sent.'),
  })
  .prefault({})
  .describe('Options of the storage middleware `rewrite`.');

type OptionSchemas = Readonly<Record<string, z.ZodType>>;

/** The options of every middleware by its name; what is not here is not known (see middleware/registered.ts). */
export const middlewareOptions: Readonly<Record<'registry' | 'repository' | 'storage', OptionSchemas>> = {
  registry: {},
  repository: {},
  storage: { cloudfront: Cloudfront, redirect: Redirect, rewrite: Rewrite },
};

/** Something registered by name that comes between a request and the registry; its options are checked by itself. */
const Middleware = z.strictObject({
  name: text.describe('Name under which it is registered.'),
  disabled: flag.default(false).describe('Leave it out.'),
  options: z
    .record(z.string(), anything.meta({ secret: true }).describe('Value of the option.'))
    .default({})
    .describe('Its options, by name.'),
});
export type Middleware = z.output<typeof Middleware>;

/** A middleware of one of the three kinds; one that is disabled may have any name and any options. */
function middlewareOf(schemas: OptionSchemas): z.ZodType<Middleware> {
  const known = Object.keys(schemas);
  return Middleware.transform((middleware, context): Middleware => {
    if (middleware.disabled) return middleware;
    const schema = known.includes(middleware.name) ? schemas[middleware.name] : undefined;
    if (!schema) {
      const which = known.length === 0 ? 'there is none' : `the ones known are ${known.join(', ')}`;
      const message = `there is no such middleware; ${which}, so correct the name or remove the entry`;
      context.addIssue({ code: 'custom', path: ['name'], message });
      return middleware;
    }
    const options = schema.safeParse(middleware.options);
    for (const issue of options.error?.issues ?? [])
      context.addIssue({ ...issue, path: ['options', ...issue.path] });
    return { ...middleware, options: options.data as Middleware['options'] };
  })
    .meta({ variants: { by: 'name', of: 'options', schemas } })
    .describe('A middleware.');
}

function chain(schemas: OptionSchemas): z.ZodDefault<z.ZodArray<z.ZodType<Middleware>>> {
  return z.array(middlewareOf(schemas)).default([]);
}

export const Middlewares = z
  .strictObject({
    registry: chain(middlewareOptions.registry).describe(
      'Middleware around the registry, the first one innermost.',
    ),
    repository: chain(middlewareOptions.repository).describe('Middleware around each repository.'),
    storage: chain(middlewareOptions.storage).describe(
      'Middleware around the storage: `cloudfront`, `redirect`, `rewrite`.',
    ),
  })
  .prefault({})
  .describe('Extensions, registered by name.');
