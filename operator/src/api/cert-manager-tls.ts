import { z } from 'zod';
import { durationBetween } from './duration.ts';
import { furtherNames } from './further-names.ts';
import { rules } from './rule.ts';

/** Who signs: an Issuer of the namespace, a ClusterIssuer, or a kind that another group adds to cert-manager. */
export const CertManagerIssuerRef = z.object({
  name: z.string().min(1).max(253).describe('Name of the issuer.'),
  kind: z.string().min(1).max(63).default('Issuer').describe('Issuer, ClusterIssuer, or a kind of `group`.'),
  group: z.string().min(1).max(253).default('cert-manager.io').describe('API group of the issuer.'),
});
export type CertManagerIssuerRef = z.infer<typeof CertManagerIssuerRef>;

const validity = durationBetween('1h', '87600h');

/** A certificate that cert-manager has issued and renews. */
export const CertManagerTls = z
  .object({
    issuerRef: CertManagerIssuerRef.describe('The issuer that signs.'),
    duration: validity
      .optional()
      .describe(
        "How long a certificate is asked to be valid; cert-manager's own default (90 days) without it.",
      ),
    renewBefore: durationBetween('5m', '87600h')
      .optional()
      .describe("How long before its end it is renewed; cert-manager's own default (a third) without it."),
    keyAlgorithm: z.enum(['RSA', 'ECDSA']).default('RSA').describe('Algorithm of the key.'),
    keySize: z
      .literal([256, 384, 2048, 3072, 4096])
      .optional()
      .describe('Bits of the key; 2048 for RSA and 256 for ECDSA without it.'),
    serviceNames: z
      .boolean()
      .default(true)
      .describe("The Service's names are in the certificate; false for issuers that sign public names only."),
    ...furtherNames,
  })
  .meta(
    rules(
      {
        rule: "!has(self.keySize) || (self.keyAlgorithm == 'RSA') == (self.keySize >= 2048)",
        message:
          'keySize does not go with keyAlgorithm; use 2048, 3072 or 4096 with RSA, and 256 or 384 with ECDSA',
      },
      {
        rule: "!has(self.renewBefore) || duration(self.renewBefore) < duration(has(self.duration) ? self.duration : '2160h')",
        message: 'renewBefore must be shorter than duration, which is 2160h when it is not set',
      },
    ),
  );
export type CertManagerTls = z.infer<typeof CertManagerTls>;
