import { z } from 'zod';
import { choice, flag, integer, isSection, text, url } from '../fields.ts';

const mebibyte = 1024 * 1024;
const smallestPart = 5 * mebibyte;

/** `storage.s3`, and `storage.s3aws` by its older name. */
export const S3 = z
  .strictObject({
    accesskey: text.optional().describe('Access key; without it the credentials of the environment.'),
    secretkey: text.optional().meta({ secret: true }).describe('Secret key.'),
    region: text.optional().describe('Region of the bucket; required without `regionendpoint`.'),
    regionendpoint: text.optional().describe('Endpoint of a compatible service.'),
    forcepathstyle: flag.default(false).describe('Name the bucket in the path, not in the host.'),
    accelerate: flag.default(false).describe('Use transfer acceleration.'),
    bucket: text.describe('Name of the bucket.'),
    encrypt: flag.default(false).describe('Have objects encrypted by the service.'),
    keyid: text.optional().describe('Id of the KMS key that encrypts.'),
    secure: flag.default(true).describe('Use TLS.'),
    skipverify: flag.default(false).describe("Do not verify the service's certificate."),
    v4auth: flag.default(true).describe('Sign requests by version 4.'),
    chunksize: integer(smallestPart)
      .default(10 * mebibyte)
      .describe('Bytes of a part of an upload.'),
    multipartcopychunksize: integer(smallestPart)
      .default(32 * mebibyte)
      .describe('Bytes of a part of a copy.'),
    multipartcopymaxconcurrency: integer(1).default(100).describe('Most parts of a copy at a time.'),
    multipartcopythresholdsize: integer(0)
      .default(32 * mebibyte)
      .describe('Bytes from which on an object is copied in parts.'),
    rootdirectory: text.optional().describe('Prefix of all objects.'),
    storageclass: choice(
      'NONE',
      'STANDARD',
      'REDUCED_REDUNDANCY',
      'STANDARD_IA',
      'ONEZONE_IA',
      'INTELLIGENT_TIERING',
      'OUTPOSTS',
      'GLACIER_IR',
      'EXPRESS_ONEZONE',
    )
      .default('STANDARD')
      .describe('Storage class of new objects.'),
    useragent: text.optional().describe('Added to the User-Agent of requests.'),
    objectacl: choice(
      'private',
      'public-read',
      'public-read-write',
      'authenticated-read',
      'aws-exec-read',
      'bucket-owner-read',
      'bucket-owner-full-control',
    )
      .default('private')
      .describe('Canned ACL of new objects.'),
    usedualstack: flag.default(false).describe('Use the dual-stack endpoint.'),
    usefipsendpoint: flag.default(false).describe('Use the FIPS endpoint.'),
    redirectendpoint: url('https://objects.example')
      .optional()
      .describe('Endpoint to which clients are sent, where it is not the one that the registry uses.'),
    loglevel: choice(
      'off',
      'debug',
      'debugwithsigning',
      'debugwithhttpbody',
      'debugwithrequestretries',
      'debugwithrequesterrors',
      'debugwitheventstreambody',
    )
      .default('off')
      .describe("What of the service's client is logged."),
  })
  .refine(({ region, regionendpoint }) => region !== undefined || regionendpoint !== undefined, {
    path: ['region'],
    message: 'is required without regionendpoint',
    when: isSection,
  });
