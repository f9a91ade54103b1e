import { z } from 'zod';
import { apiVersion } from './group.ts';
import { Hostname } from './hostname.ts';
import { ObjectMeta } from './object-meta.ts';
import { Affinity, Resources, StringMap, Toleration } from './pod-settings.ts';
import { RegistryAuth } from './registry-auth.ts';
import { RegistryEgress } from './registry-egress.ts';
import { RegistryConfigKeys, RegistryEnvironment } from './registry-environment.ts';
import { RegistryGarbageCollection } from './registry-garbage-collection.ts';
import { RegistryGateway } from './registry-gateway.ts';
import { RegistryIngress } from './registry-ingress.ts';
import { RegistryPodTemplate } from './registry-pod-template.ts';
import { RegistryService } from './registry-service.ts';
import { CaBundle, PullSecrets } from './registry-sharing.ts';
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
      .refine((url) => URL.canParse(url), 'not a URL; write a scheme, a host and perhaps a port')
      .meta(
        rules({
          rule: "isURL(self) && url(self).getScheme() in ['http', 'https'] && url(self).getHostname() != '' && (url(self).getPort() == '' || (url(self).getPort().size() <= 5 && int(url(self).getPort()) <= 65535)) && url(self).getEscapedPath() == '' && !self.contains('?') && !self.contains('#') && !self.contains('@')",
          message:
            'externalURL must be a scheme, a host and perhaps a port, such as https://registry.example.com:8443; remove anything else',
        }),
      )
      .optional()
      .describe(
        'Where clients reach the registry, when that is not what hostname, service, ingress and gateway say: another port, or a proxy in front. Every address that the registry hands out then starts with it.',
      ),
    pullSecrets: PullSecrets.optional().describe(
      'Secrets of type kubernetes.io/dockerconfigjson for pods that pull from this registry.',
    ),
    caBundle: CaBundle.optional().describe('Gives the CA to other namespaces.'),
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
    podTemplate: RegistryPodTemplate.optional().describe(
      'Laid over the pods that the operator renders; what would break the registry is refused.',
    ),
    config: RegistryConfigKeys.optional().describe(
      'Keys of config.yml (docs/configuration.md), merged over what the operator renders. Secrets belong into `env`.',
    ),
    env: RegistryEnvironment.optional().describe('More variables of the container `registry`.'),
    egress: RegistryEgress.optional().describe('How the registry reaches what is outside.'),
    suspend: z
      .boolean()
      .default(false)
      .describe('Change nothing and start no garbage collections; the pods go on as they are.'),
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
        rule: "!has(self.ingress) || !has(self.ingress.annotations) || self.ingress.tls == 'Passthrough' || has(self.ingress.tlsSecretName) || (has(self.tls) && (has(self.tls.secretName) || has(self.tls.disabled))) || !('cert-manager.io/issuer' in self.ingress.annotations || 'cert-manager.io/cluster-issuer' in self.ingress.annotations || 'kubernetes.io/tls-acme' in self.ingress.annotations)",
        message:
          "ingress.annotations would have cert-manager write over the Registry's own Secret; set ingress.tlsSecretName to another one, or use tls.certManager and remove them",
      },
      {
        rule: "!(has(self.tls) && has(self.tls.disabled)) || !((has(self.ingress) && self.ingress.tls == 'Passthrough') || (has(self.gateway) && self.gateway.route == 'TLSRoute'))",
        message:
          'ingress.tls Passthrough and gateway.route TLSRoute need a registry that serves TLS; remove tls.disabled, or set Terminate or HTTPRoute',
      },
      {
        rule: '!has(self.pullSecrets) || (has(self.auth) && has(self.auth.htpasswd.users) && self.pullSecrets.all(secret, self.auth.htpasswd.users.exists(user, user.name == secret.user)))',
        message:
          'pullSecrets names a user that is not in auth.htpasswd.users; add the user there or remove the entry',
      },
      {
        rule: '!has(self.caBundle) || !has(self.tls) || !has(self.tls.disabled)',
        message: 'caBundle has nothing to give when tls is disabled; remove one of the two',
      },
    ),
  );
export type RegistrySpec = z.infer<typeof RegistrySpec>;

const volumePath = 'spec.storage.filesystem.volume';
/** Sizes are checked as quantities by a rule of their own. */
const noSmallerVolume = [
  `!has(self.${volumePath}.size) || !has(oldSelf.${volumePath}.size)`,
  `!isQuantity(string(self.${volumePath}.size)) || !isQuantity(string(oldSelf.${volumePath}.size))`,
  `quantity(string(self.${volumePath}.size)).compareTo(quantity(string(oldSelf.${volumePath}.size))) >= 0`,
  `(has(self.status) && has(self.status.storage) && has(self.status.storage.capacity) && isQuantity(self.status.storage.capacity) && quantity(string(self.${volumePath}.size)).compareTo(quantity(self.status.storage.capacity)) >= 0)`,
].join(' || ');

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
    rules(
      {
        rule: "self.metadata.name.size() <= 50 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
        message:
          "metadata.name must start with a letter, hold only lower case letters, digits and '-', and have at most 50 characters, because Services are named after it",
      },
      {
        rule: noSmallerVolume,
        message:
          'spec.storage.filesystem.volume.size: a volume cannot shrink; keep the present size or give a larger one (after an expansion that failed, one that is not below status.storage.capacity)',
      },
    ),
  );
export type Registry = z.infer<typeof Registry>;
