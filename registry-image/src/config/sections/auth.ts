import { z } from 'zod';
import { choice, flag, text } from '../fields.ts';

const Htpasswd = z.strictObject({
  realm: text.describe('Realm of the challenge.'),
  path: text.describe('The htpasswd file; only its bcrypt entries count.'),
});

/** No `none` and no HS*: whoever has the public key that verifies could sign. */
const SigningAlgorithm = choice(
  'EdDSA',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
);

const Token = z
  .strictObject({
    realm: text.describe('URL at which clients get a token.'),
    service: text.describe('Name of this registry; the audience of a token must name it.'),
    issuer: text.describe('Who must have issued a token.'),
    rootcertbundle: text.optional().describe('PEM file with the certificates of the keys that sign tokens.'),
    autoredirect: flag
      .default(false)
      .describe("The realm is this registry's own host with `autoredirectpath`."),
    autoredirectpath: text.default('/auth/token').describe('Path of the realm with `autoredirect`.'),
    jwks: text.optional().describe('JWKS file with the keys that sign tokens.'),
    signingalgorithms: z
      .array(SigningAlgorithm.meta({ example: 'ES256' }))
      .default([])
      .describe('JOSE names of the signature algorithms that are taken; all that are safe when empty.'),
  })
  .refine(({ rootcertbundle, jwks }) => rootcertbundle !== undefined || jwks !== undefined, {
    message: 'needs rootcertbundle or jwks, the keys to verify tokens with',
  });

const Silly = z.strictObject({
  realm: text.describe('Realm of the challenge.'),
  service: text.describe('Service of the challenge.'),
});

/** At most one of these; without any, everybody may do everything. */
export const Auth = z
  .strictObject({
    htpasswd: Htpasswd.optional().describe('Names and passwords of a file.'),
    token: Token.optional().describe('Tokens of a token server.'),
    silly: Silly.optional().describe(
      'For development: whoever sends any Authorization header may do everything.',
    ),
    none: z.strictObject({}).optional().describe('The same as no provider.'),
  })
  .meta({ exclusive: { noun: 'provider', keys: ['htpasswd', 'token', 'silly', 'none'] } })
  .prefault({})
  .describe('Who may do what; without any provider everybody may do everything.');
