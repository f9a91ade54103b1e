import { z } from 'zod';
import { StringMap } from './pod-settings.ts';

/** A Gateway, or one listener of it, as in a route of the Gateway API. */
export const GatewayParent = z.object({
  name: z.string().min(1).max(253).describe('Name of the Gateway.'),
  namespace: z
    .string()
    .min(1)
    .max(63)
    .optional()
    .describe("Namespace of the Gateway; the Registry's without it."),
  sectionName: z.string().min(1).max(253).optional().describe('One listener of the Gateway; all without it.'),
});
export type GatewayParent = z.infer<typeof GatewayParent>;

/** The route of the Gateway API that leads to the Registry by its hostname. */
export const RegistryGateway = z.object({
  parentRefs: z
    .array(GatewayParent)
    .min(1)
    .max(32)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .describe('The Gateways that the route is attached to.'),
  route: z
    .enum(['HTTPRoute', 'TLSRoute'])
    .default('HTTPRoute')
    .describe(
      'HTTPRoute: the Gateway serves TLS and speaks to the pods as they serve; a BackendTLSPolicy tells it which CA to trust. TLSRoute: it hands the connection on, and clients see the certificate of the Registry.',
    ),
  annotations: StringMap.optional().describe('Annotations of the route.'),
});
export type RegistryGateway = z.infer<typeof RegistryGateway>;
