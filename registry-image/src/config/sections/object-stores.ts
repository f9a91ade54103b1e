import { z } from 'zod';
import { choice, duration, flag, integer, text } from '../fields.ts';

const mebibyte = 1024 * 1024;
const prefix = text.optional().describe('Prefix of all objects.');

export const Azure = z.strictObject({
  accountname: text.describe('Name of the account.'),
  accountkey: text.optional().meta({ secret: true }).describe('Key of the account.'),
  container: text.describe('Name of the container.'),
  credentials: z
    .strictObject({
      type: choice('client_secret', 'shared_key', 'default_credentials').describe('How it signs in.'),
      clientid: text.optional().describe('Client id for `client_secret`.'),
      tenantid: text.optional().describe('Tenant id for `client_secret`.'),
      secret: text.optional().meta({ secret: true }).describe('Secret for `client_secret`.'),
    })
    .optional()
    .describe('Other credentials than the key of the account.'),
  connectionstring: text
    .optional()
    .meta({ secret: true })
    .describe('Connection string, instead of account and key.'),
  serviceurl: text.optional().describe('URL of the blob service; made of account and realm without it.'),
  rootdirectory: prefix,
  realm: text.default('core.windows.net').describe('Domain of the service.'),
  max_retries: integer(0).default(5).describe('Most attempts of a request after the first.'),
  retry_delay: duration.prefault('100ms').describe('Time before the first further attempt.'),
  skipverify: flag.default(false).describe("Do not verify the service's certificate."),
});

export const Gcs = z.strictObject({
  bucket: text.describe('Name of the bucket.'),
  keyfile: text.optional().describe('JSON file with the key of a service account.'),
  credentials: z
    .strictObject({
      type: text.describe('Kind of the account, such as service_account.'),
      project_id: text.optional().describe('Id of the project.'),
      private_key_id: text.optional().describe('Id of the private key.'),
      private_key: text.optional().meta({ secret: true }).describe('The private key, as PEM.'),
      client_email: text.optional().describe('Address of the account.'),
      client_id: text.optional().describe('Id of the account.'),
      auth_uri: text.optional().describe('URL of the authorization endpoint.'),
      token_uri: text.optional().describe('URL of the token endpoint.'),
      auth_provider_x509_cert_url: text.optional().describe("URL of the provider's certificates."),
      client_x509_cert_url: text.optional().describe("URL of the account's certificate."),
      universe_domain: text.optional().describe('Domain of the cloud.'),
    })
    .optional()
    .describe('The key of a service account, instead of `keyfile`.'),
  rootdirectory: prefix,
  chunksize: integer(256 * 1024)
    .refine((value) => value % (256 * 1024) === 0, 'must be a multiple of 262144')
    .default(16 * mebibyte)
    .describe('Bytes of a part of an upload.'),
  maxconcurrency: integer(1).default(50).describe('Most operations at a time; less than 25 means 25.'),
  useragent: text.optional().describe('Added to the User-Agent of requests.'),
});

export const Swift = z.strictObject({
  username: text.describe('User name.'),
  password: text.meta({ secret: true }).describe('Password.'),
  authurl: text.describe('URL of the identity service; its path says the version.'),
  container: text.describe('Name of the container; made when it does not exist.'),
  authversion: integer(1)
    .optional()
    .describe('Version of the identity service, where its URL does not say it.'),
  tenant: text.optional().describe('Name of the tenant.'),
  tenantid: text.optional().describe('Id of the tenant.'),
  domain: text.optional().describe('Name of the domain (identity version 3).'),
  domainid: text.optional().describe('Id of the domain (identity version 3).'),
  tenantdomain: text.optional().describe("Name of the tenant's domain, where it is not the user's."),
  tenantdomainid: text.optional().describe("Id of the tenant's domain, where it is not the user's."),
  trustid: text.optional().describe('Id of the trust (identity version 3).'),
  region: text.optional().describe('Region of the container.'),
  insecureskipverify: flag.default(false).describe("Do not verify the service's certificate."),
  chunksize: integer(mebibyte)
    .default(20 * mebibyte)
    .describe('Bytes of a segment.'),
  prefix: text.optional().describe('Prefix of all objects.'),
  rootdirectory: text.optional().describe('Prefix of all objects, by the name that the other drivers have.'),
  endpointtype: choice('public', 'internal', 'admin')
    .default('public')
    .describe('Which endpoint of the catalog is used.'),
  secretkey: text.optional().meta({ secret: true }).describe('Key that signs temporary URLs.'),
  accesskey: text.optional().describe('Access key of temporary URLs.'),
  tempurlcontainerkey: flag.default(false).describe('Set the key of temporary URLs on the container.'),
  tempurlmethods: z.array(text).default([]).describe('Methods that temporary URLs are made for.'),
});

export const Oss = z.strictObject({
  accesskeyid: text.optional().describe('Id of the access key.'),
  accesskeysecret: text.optional().meta({ secret: true }).describe('The access key.'),
  region: text.describe('Region of the bucket.'),
  endpoint: text.optional().describe("Endpoint; the region's without it."),
  internal: flag.default(false).describe("Use the region's internal endpoint."),
  bucket: text.describe('Name of the bucket.'),
  encrypt: flag.default(false).describe('Have objects encrypted by the service.'),
  encryptionkeyid: text.optional().describe('Id of the key that encrypts.'),
  secure: flag.default(true).describe('Use TLS.'),
  chunksize: integer(5 * mebibyte)
    .default(10 * mebibyte)
    .describe('Bytes of a part of an upload.'),
  rootdirectory: prefix,
});
