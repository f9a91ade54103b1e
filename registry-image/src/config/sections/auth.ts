import { z } from 'zod';
import { flag, text } from '../fields.ts';

const Token = z.strictObject({
  realm: text,
  service: text,
  issuer: text,
  /** PEM file with the certificates of the keys that sign tokens. */
  rootcertbundle: text.optional(),
  /** The realm is this registry's own host with `autoredirectpath`. */
  autoredirect: flag.default(false),
  autoredirectpath: text.default('/auth/token/'),
  /** JWKS file with the keys that sign tokens. */
  jwks: text.optional(),
  /** JOSE names of the signature algorithms that are taken; all that are safe when empty. */
  signingalgorithms: z.array(text).default([]),
});

/** At most one of these; without any, everybody may do everything. */
export const Auth = z
  .strictObject({
    htpasswd: z.strictObject({ realm: text, path: text }).optional(),
    token: Token.optional(),
    /** For development: whoever sends any Authorization header may do everything. */
    silly: z.strictObject({ realm: text, service: text }).optional(),
  })
  .prefault({});
