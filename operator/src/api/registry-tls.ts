import { z } from 'zod';
import { Hostname, IpAddress } from './hostname.ts';
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

/** A CA of this Registry's own and a certificate issued by it. */
export const SelfSignedTls = z.object({
  keyAlgorithm: z.enum(['RSA']).default('RSA').describe('Algorithm of the keys.'),
  keySize: z
    .literal([2048, 3072, 4096])
    .default(2048)
    .describe('Bits of the keys. It counts when the CA is created and when a certificate is issued.'),
  validityDays: z
    .number()
    .int()
    .min(1)
    .max(10_950)
    .default(3650)
    .describe('Days for which a certificate is valid. The CA is valid for twice as long.'),
  subject: CertificateSubject.prefault({}).describe('Subject of the CA and of the certificate.'),
  dnsNames: z
    .array(Hostname)
    .max(64)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .default([])
    .describe("Names in the certificate beside the hostname and the Service's."),
  ipAddresses: z
    .array(IpAddress)
    .max(64)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .default([])
    .describe('Addresses in the certificate.'),
});
export type SelfSignedTls = z.infer<typeof SelfSignedTls>;

/** Where the serving certificate comes from. */
export const RegistryTls = z
  .object({
    selfSigned: SelfSignedTls.optional().describe('Issue it from a CA that is created for this Registry.'),
    secretName: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe('A Secret with `tls.crt` (certificate, then intermediates) and `tls.key`.'),
    disabled: z
      .boolean()
      .meta(rules({ rule: 'self', message: 'only true disables TLS; remove it to keep TLS' }))
      .optional()
      .describe('True: serve plain HTTP.'),
  })
  .meta(
    rules({
      rule: '[has(self.selfSigned), has(self.secretName), has(self.disabled)].filter(set, set).size() == 1',
      message: 'set exactly one of selfSigned, secretName and disabled; remove the others',
    }),
  );
export type RegistryTls = z.infer<typeof RegistryTls>;
