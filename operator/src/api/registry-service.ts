import { z } from 'zod';
import { StringMap } from './pod-settings.ts';
import { rules } from './rule.ts';

const port = z.number().int().min(1).max(65_535);

/** The Service that clients use. */
export const RegistryService = z
  .object({
    type: z
      .enum(['ClusterIP', 'NodePort', 'LoadBalancer'])
      .default('ClusterIP')
      .describe('Type of the Service.'),
    port: port.optional().describe('Port of the Service: 443 by default, 80 when TLS is disabled.'),
    nodePort: port.optional().describe('Port on the nodes; chosen by the cluster without it.'),
    annotations: StringMap.optional().describe('Annotations of the Service.'),
  })
  .meta(
    rules({
      rule: "!has(self.nodePort) || self.type != 'ClusterIP'",
      message: 'nodePort needs type NodePort or LoadBalancer; set type or remove nodePort',
    }),
  );
export type RegistryService = z.infer<typeof RegistryService>;
