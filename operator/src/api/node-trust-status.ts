import { z } from 'zod';
import { Conditions } from './condition.ts';

/** Condition types of a NodeTrust. */
export const NodeTrustConditionType = z.enum(['Ready', 'Reconciling', 'Stalled']);
export type NodeTrustConditionType = z.infer<typeof NodeTrustConditionType>;

export const TrustedRegistryStatus = z.object({
  namespace: z.string(),
  name: z.string(),
  trusted: z.boolean().describe('Whether the nodes are told to trust it.'),
  host: z.string().optional().describe('Host and port by which images name it.'),
  certificates: z.number().int().optional().describe('Certificates in its CA; two while it changes.'),
  reason: z.string().describe('Why it is trusted, or why not, in one word.'),
  message: z.string().optional().describe('What there is to do about it.'),
});
export type TrustedRegistryStatus = z.infer<typeof TrustedRegistryStatus>;

export const NodeStatus = z.object({
  node: z.string(),
  message: z.string().describe('What keeps the node from being as declared.'),
});
export type NodeStatus = z.infer<typeof NodeStatus>;

export const NodeTrustStatus = z.object({
  observedGeneration: z.number().int().optional().describe('The generation that the status describes.'),
  conditions: Conditions.optional().describe('Ready, Reconciling, Stalled.'),
  registries: z
    .array(TrustedRegistryStatus)
    .max(32)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['namespace', 'name'] })
    .optional(),
  trusted: z.string().optional().describe('Registries that are trusted, of those named, for people.'),
  nodes: z
    .object({
      wanted: z.number().int().describe('Nodes that are to be as declared.'),
      done: z.number().int().describe('Nodes that are.'),
    })
    .optional(),
  converged: z.string().optional().describe('Nodes that are as declared, of all, for people.'),
  pending: z
    .array(NodeStatus)
    .max(10)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional()
    .describe('Nodes that are not as declared, and why; ten at most.'),
});
export type NodeTrustStatus = z.infer<typeof NodeTrustStatus>;
