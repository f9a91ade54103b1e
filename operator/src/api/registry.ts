import { z } from 'zod';
import { apiVersion } from './group.ts';
import { Hostname } from './hostname.ts';
import { ObjectMeta } from './object-meta.ts';
import { Affinity, Resources, StringMap, Toleration } from './pod-settings.ts';
import { RegistryAuth } from './registry-auth.ts';
import { RegistryGarbageCollection } from './registry-garbage-collection.ts';
import { RegistryGateway } from './registry-gateway.ts';
import { RegistryIngress } from './registry-ingress.ts';
import { RegistryService } from './registry-service.ts';
import { RegistryStatus } from './registry-status.ts';
import { RegistryStorage } from './registry-storage.ts';
import { RegistryTls } from './registry-tls.ts';
import { rules } from './rule.ts';

export const registryKind = 'Registry';

/** What a user asks of a registry. */
export const RegistrySpec = z
  .object({
    hostname: Hostname.describe('DNS name or IP address by which clients reach the registry.'),
    replicas: z.number().int().min(0).max(100).default(1).describe('Number of pods.'),
    image: z
      .string()
      .min(1)
      .max(512)
      .optional()
      .describe("Image of the registry; the operator's own release without it."),
    workers: z
      .number()
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe('Serving processes in each pod; two without it.'),
    auth: RegistryAuth.optional().describe('Who may use the registry; everybody without it.'),
    storage: RegistryStorage.describe('Where the images are.'),
    // No default for the API server to store: `kubectl apply` of another source would then find two of them.
    tls: RegistryTls.optional()
      .transform((tls) => tls ?? RegistryTls.parse({ selfSigned: {} }))
      .describe('Where the serving certificate comes from; selfSigned when nothing is said.'),
    service: RegistryService.prefault({}).describe('The Service that clients use.'),
    ingress: RegistryIngress.optional().describe('Leads to the Service by an Ingress; none without it.'),
    gateway: RegistryGateway.optional().describe(
      'Leads to the Service by a route of the Gateway API; none without it.',
    ),
    externalURL: z
      .string()
      .max(270)
      .meta(
        rules({
          rule: "isURL(self) && url(self).getScheme() in ['http', 'https'] && url(self).getEscapedPath() == '' && !self.contains('?') && !self.contains('#') && !self.contains('@')",
          message:
            'externalURL must be a scheme, a host and perhaps a port, such as https://registry.example.com:8443; remove anything else',
        }),
      )
      .optional()
      .describe(
        'Where clients reach the registry, when that is not what hostname, service, ingress and gateway say: another port, or a proxy in front. Every address that the registry hands out then starts with it.',
      ),
    readOnly: z.boolean().default(false).describe('Refuse every write; reads go on.'),
    garbageCollection: RegistryGarbageCollection.optional().describe(
      'Collects the Registry on a schedule; only GarbageCollections that are created by hand collect it without this.',
    ),
    resources: Resources.optional().describe('Requests and limits of the container.'),
    nodeSelector: StringMap.optional().describe('Labels of the nodes that may run the pods.'),
    tolerations: z
      .array(Toleration)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .optional()
      .describe('Taints that the pods tolerate.'),
    affinity: Affinity.optional().describe('Affinity of the pods.'),
    podAnnotations: StringMap.optional().describe('Annotations of the pods.'),
  })
  .meta(
    rules(
      {
        rule: "self.replicas <= 1 || has(self.storage.filesystem.volume.existingClaim) || self.storage.filesystem.volume.accessModes.exists(mode, mode == 'ReadWriteMany')",
        message:
          'replicas above 1 need a volume that pods can share; set storage.filesystem.volume.accessModes to [ReadWriteMany] or replicas to 1',
      },
      {
        rule: '!(has(self.ingress) || has(self.gateway)) || !isIP(self.hostname)',
        message: 'ingress and gateway lead to a DNS name; set hostname to one or remove them',
      },
      {
        rule: "!(has(self.tls) && has(self.tls.disabled)) || !((has(self.ingress) && self.ingress.tls == 'Passthrough') || (has(self.gateway) && self.gateway.route == 'TLSRoute'))",
        message:
          'ingress.tls Passthrough and gateway.route TLSRoute need a registry that serves TLS; remove tls.disabled, or set Terminate or HTTPRoute',
      },
    ),
  );
export type RegistrySpec = z.infer<typeof RegistrySpec>;

/** A private container registry. */
export const Registry = z
  .object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal(registryKind),
    metadata: ObjectMeta,
    spec: RegistrySpec,
    status: RegistryStatus.optional(),
  })
  .describe('Registry is a private container registry.')
  .meta(
    rules({
      rule: "self.metadata.name.size() <= 50 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
      message:
        "metadata.name must start with a letter, hold only lower case letters, digits and '-', and have at most 50 characters, because Services are named after it",
    }),
  );
export type Registry = z.infer<typeof Registry>;
