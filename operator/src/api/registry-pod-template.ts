import { z } from 'zod';
import { Affinity, StringMap, Toleration } from './pod-settings.ts';

/** Part of a pod that the API server of the cluster knows best. */
const asInAPod = z.looseObject({});
const named = z.looseObject({ name: z.string().min(1).max(253).describe('Name, by which it is merged.') });
const atomic = { 'x-kubernetes-list-type': 'atomic' };

function listOf<T extends z.ZodType>(item: T): z.ZodOptional<z.ZodArray<T>> {
  return z.array(item).max(64).meta(atomic).optional();
}

const PodOverlay = z.object({
  volumes: listOf(named).describe('More volumes.'),
  containers: listOf(named).describe(
    'Sidecars; and for the container `registry`: volumeMounts, volumeDevices, lifecycle, securityContext.',
  ),
  initContainers: listOf(named).describe('What runs before the registry does, or beside it as a sidecar.'),
  imagePullSecrets: listOf(z.object({ name: z.string().min(1).max(253) })).describe(
    'Secrets to pull the images of the pod with.',
  ),
  hostAliases: listOf(
    z.object({ ip: z.string().min(1).max(64), hostnames: z.array(z.string().max(253)).max(64) }),
  ).describe('More lines of /etc/hosts.'),
  priorityClassName: z.string().min(1).max(253).optional().describe('Priority class of the pods.'),
  preemptionPolicy: z
    .enum(['Never', 'PreemptLowerPriority'])
    .optional()
    .describe('Whether the pods push others from a node.'),
  schedulerName: z.string().min(1).max(253).optional().describe('Another scheduler.'),
  runtimeClassName: z.string().min(1).max(253).optional().describe('Another container runtime.'),
  serviceAccountName: z.string().min(1).max(253).optional().describe('Service account of the pods.'),
  automountServiceAccountToken: z
    .boolean()
    .optional()
    .describe("Mount the service account's token; the registry needs none."),
  dnsPolicy: z
    .enum(['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'])
    .optional()
    .describe('How names are looked up.'),
  dnsConfig: asInAPod.optional().describe('More about how names are looked up.'),
  securityContext: asInAPod.optional().describe('Merged over the security context of the pods.'),
  topologySpreadConstraints: listOf(asInAPod).describe(
    'Instead of the one that the operator sets, when it has the same topologyKey.',
  ),
  nodeSelector: StringMap.optional().describe('More labels of nodes.'),
  tolerations: listOf(Toleration).describe('More taints that are tolerated.'),
  affinity: Affinity.optional().describe('Merged over spec.affinity.'),
});
export type PodOverlay = z.infer<typeof PodOverlay>;

/** Laid over the pods that the operator renders. */
export const RegistryPodTemplate = z.object({
  metadata: z
    .object({
      labels: StringMap.optional().describe('More labels of the pods.'),
      annotations: StringMap.optional().describe('More annotations of the pods.'),
    })
    .optional()
    .describe('Metadata of the pods.'),
  spec: PodOverlay.optional().describe('Merged over the pod: lists by name, sections key by key.'),
});
export type RegistryPodTemplate = z.infer<typeof RegistryPodTemplate>;
