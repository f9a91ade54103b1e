import { z } from 'zod';
import { rules } from './rule.ts';

const proxyUrl = z
  .string()
  .min(1)
  .max(2048)
  .meta(
    rules(
      {
        rule: "self.matches('^https?://[^/?#]+/?$')",
        message: 'not the URL of a proxy; write one such as http://proxy.example:3128',
      },
      {
        rule: "!self.contains('@')",
        message:
          'a Registry can be read by many, so it must not hold credentials; set HTTP_PROXY or HTTPS_PROXY in spec.env with valueFrom.secretKeyRef instead',
      },
    ),
  );

const bundleRef = z.object({
  name: z.string().min(1).max(253).describe('Name of the object, in the same namespace.'),
  key: z.string().min(1).max(253).default('ca.crt').describe('Key of the certificates, in PEM.'),
});

/** Certificates in a ConfigMap or a Secret. */
export const CaBundle = z
  .object({
    configMapKeyRef: bundleRef.optional().describe('A key of a ConfigMap.'),
    secretKeyRef: bundleRef.optional().describe('A key of a Secret.'),
  })
  .meta(
    rules({
      rule: 'has(self.configMapKeyRef) != has(self.secretKeyRef)',
      message: 'set exactly one of configMapKeyRef and secretKeyRef; remove the other',
    }),
  );
export type CaBundle = z.infer<typeof CaBundle>;

/** How the registry reaches what is outside: URLs of health checks, and lists of addresses that middleware fetches. */
export const RegistryEgress = z.object({
  httpProxy: proxyUrl.optional().describe('Proxy for http URLs (HTTP_PROXY).'),
  httpsProxy: proxyUrl.optional().describe('Proxy for https URLs (HTTPS_PROXY).'),
  noProxy: z
    .array(z.string().min(1).max(253))
    .max(128)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .optional()
    .describe(
      'Hosts, `.domains` and addresses that are reached without a proxy (NO_PROXY), beside loopback and `.svc`, `.cluster.local`.',
    ),
  caBundle: CaBundle.optional().describe(
    "Authorities to trust for https URLs, beside those of the registry's runtime.",
  ),
});
export type RegistryEgress = z.infer<typeof RegistryEgress>;
