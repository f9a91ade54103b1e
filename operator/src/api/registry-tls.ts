import { z } from 'zod';
import { CertManagerTls } from './cert-manager-tls.ts';
import { durationBetween } from './duration.ts';
import { furtherNames } from './further-names.ts';
import { rules } from './rule.ts';

/** The subject's fields beside the common name. */
export const CertificateSubject = z.object({
  country: z
    .string()
    .length(2)
    .meta(
      rules({
        rule: "self.matches('^[A-Z]{2}$')",
        message: 'not a country code; write two capital letters such as DE',
      }),
    )
    .optional()
    .describe('Two capital letters (C).'),
  locality: z.string().min(1).max(128).optional().describe('City (L).'),
  organization: z.string().min(1).max(64).optional().describe('Organization (O).'),
});
export type CertificateSubject = z.infer<typeof CertificateSubject>;

const Url = z
  .string()
  .max(2048)
  .meta(
    rules({
      rule: "self.matches('^https?://[!-~]+$')",
      message: 'not a URL that certificates can name; begin it with http:// or https:// and use ASCII only',
    }),
  );

function urls(meaning: string): z.ZodDefault<z.ZodArray<typeof Url>> {
  return z.array(Url).max(8).meta({ 'x-kubernetes-list-type': 'set' }).default([]).describe(meaning);
}

const KeyAlgorithm = z.enum(['RSA', 'ECDSA']);
const KeySize = z.literal([256, 384, 2048, 3072, 4096]);

const keySizes = 'RSA has 2048, 3072 or 4096, ECDSA has 256 or 384';
const isWithinValidity = 'duration(self.renewBefore).getHours() < self.validityDays * 24 - 1';
const renewBeforeMessage =
  'renewBefore must be more than an hour shorter than validityDays; shorten it or raise validityDays';
const renewBeforeRule = {
  rule: `!has(self.renewBefore) || ${isWithinValidity}`,
  message: renewBeforeMessage,
};

const RenewBefore = durationBetween('1h', '99999h');

/** What is asked of certificates that the operator issues itself. */
const issued = {
  keyAlgorithm: KeyAlgorithm.default('RSA').describe('Algorithm of the keys.'),
  keySize: KeySize.optional().describe(
    'Bits of the key of the serving certificate: 2048 without it, with ECDSA 256. Another one has the certificate issued anew.',
  ),
  validityDays: z
    .number()
    .int()
    .min(1)
    .max(10_950)
    .default(3650)
    .describe('Days for which a certificate is valid; it ends with its CA when that is earlier.'),
  renewBefore: RenewBefore.optional().describe(
    'How long before its end a certificate is renewed: a third of its validity without it. Up to a tenth of that sooner, so that not all are renewed at once.',
  ),
  subject: CertificateSubject.prefault({}).describe(
    'Subject of the certificates. That of a CA counts when the CA is created.',
  ),
  ...furtherNames,
  intermediate: z
    .object({
      validityDays: z
        .number()
        .int()
        .min(1)
        .max(10_950)
        .default(1825)
        .describe('Days for which the intermediate CA is valid; it ends with its CA when that is earlier.'),
    })
    .optional()
    .describe(
      'Issue the certificate from an intermediate CA of its own below the CA; servers send it along.',
    ),
  crlDistributionPoints: urls('URLs in the certificates where a list of revoked ones is; yours to serve.'),
  ocspServers: urls('URLs in the certificates of OCSP responders; yours to run.'),
  issuingCertificateURLs: urls("URLs in the certificates where their CA's certificate is; yours to serve."),
};

/** A CA of this Registry's own. */
const OwnAuthority = z
  .object({
    keyAlgorithm: KeyAlgorithm.optional().describe(
      "Algorithm of the CA's key; selfSigned.keyAlgorithm without it.",
    ),
    keySize: KeySize.optional().describe("Bits of the CA's key: 4096 without it, with ECDSA 384."),
    validityDays: z
      .number()
      .int()
      .min(2)
      .max(21_900)
      .optional()
      .describe('Days for which the CA is valid; twice selfSigned.validityDays without it.'),
    renewBefore: RenewBefore.optional().describe(
      'How long before its end the CA is replaced: a third of its validity without it. Up to a tenth of that sooner.',
    ),
  })
  .meta(
    rules({
      rule: `!has(self.validityDays) || !has(self.renewBefore) || ${isWithinValidity}`,
      message: renewBeforeMessage,
    }),
  );

/** A CA of this Registry's own and a certificate issued by it. */
export const SelfSignedTls = z
  .object({
    ...issued,
    ca: OwnAuthority.prefault({}).describe(
      'The CA. A change counts when the CA is created or replaced: set the annotation wharfinger.dev/rotate-ca to a new value to have it replaced.',
    ),
  })
  .meta(
    rules(
      renewBeforeRule,
      {
        rule: "!has(self.keySize) || (self.keyAlgorithm == 'ECDSA') == (self.keySize < 2048)",
        message: `keySize does not fit keyAlgorithm; ${keySizes}`,
      },
      {
        rule: "!has(self.ca) || !has(self.ca.keySize) || ((has(self.ca.keyAlgorithm) ? self.ca.keyAlgorithm : self.keyAlgorithm) == 'ECDSA') == (self.ca.keySize < 2048)",
        message: `ca.keySize does not fit the CA's keyAlgorithm; ${keySizes}`,
      },
    ),
  );
export type SelfSignedTls = z.infer<typeof SelfSignedTls>;

/** A certificate issued by a CA of the user's. */
export const OwnCaTls = z
  .object({
    secretName: z
      .string()
      .min(1)
      .max(253)
      .describe(
        'A Secret with `tls.crt` (the CA, then the CAs above it in order), `tls.key`, and `ca.crt` (what clients trust) when tls.crt does not end with the root.',
      ),
    ...issued,
  })
  .meta(
    rules(renewBeforeRule, {
      rule: "!has(self.keySize) || (self.keyAlgorithm == 'ECDSA') == (self.keySize < 2048)",
      message: `keySize does not fit keyAlgorithm; ${keySizes}`,
    }),
  );
export type OwnCaTls = z.infer<typeof OwnCaTls>;

/** What `selfSigned` and `ca` have in common. */
export type IssuedTls = Omit<SelfSignedTls, 'ca'>;

/** Where the serving certificate comes from. */
export const RegistryTls = z
  .object({
    selfSigned: SelfSignedTls.optional().describe('Issue it from a CA that is created for this Registry.'),
    ca: OwnCaTls.optional().describe('Issue it from a CA of your own.'),
    secretName: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe('A Secret with `tls.crt` (certificate, then intermediates) and `tls.key`.'),
    certManager: CertManagerTls.optional().describe('Have cert-manager issue and renew it.'),
    disabled: z
      .boolean()
      .meta(rules({ rule: 'self', message: 'only true disables TLS; remove it to keep TLS' }))
      .optional()
      .describe('True: serve plain HTTP.'),
    trustOverlap: durationBetween('0s', '8760h')
      .optional()
      .describe(
        'How long clients are given to trust a new CA before a certificate from it is served, and how long the old one is published after that: 24h without it. The annotation wharfinger.dev/end-ca-overlap with a new value ends the one that runs.',
      ),
  })
  .meta(
    rules({
      rule: '[has(self.selfSigned), has(self.ca), has(self.secretName), has(self.certManager), has(self.disabled)].filter(set, set).size() == 1',
      message: 'set exactly one of selfSigned, ca, secretName, certManager and disabled; remove the others',
    }),
  );
export type RegistryTls = z.infer<typeof RegistryTls>;
