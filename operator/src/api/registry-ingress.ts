import { z } from 'zod';
import { StringMap } from './pod-settings.ts';
import { rules } from './rule.ts';

/** The Ingress that leads to the Registry by its hostname. */
export const RegistryIngress = z
  .object({
    className: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe('IngressClass; the default one of the cluster without it.'),
    annotations: StringMap.optional().describe(
      'Annotations of the Ingress, for its controller: the size that a request may have, time-outs and the like. They go before those that the operator sets by itself.',
    ),
    pathType: z
      .enum(['Prefix', 'ImplementationSpecific'])
      .default('Prefix')
      .describe('How the controller matches the path `/`.'),
    tls: z
      .enum(['Terminate', 'Passthrough'])
      .default('Terminate')
      .describe(
        'Terminate: the controller serves TLS, with the certificate of tlsSecretName, and speaks to the pods as they serve. Passthrough: it hands the connection on, and clients see the certificate of the Registry; only some controllers can.',
      ),
    tlsSecretName: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe(
        "Secret with the certificate that the controller serves; without it the Registry's own, or the default of the controller when spec.tls is disabled.",
      ),
  })
  .meta(
    rules({
      rule: "!has(self.tlsSecretName) || self.tls != 'Passthrough'",
      message:
        'ingress.tlsSecretName has no effect with ingress.tls Passthrough; remove it or set ingress.tls to Terminate',
    }),
  );
export type RegistryIngress = z.infer<typeof RegistryIngress>;
