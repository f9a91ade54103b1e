import { createHash } from 'node:crypto';
import type { V1ConfigMap, V1Container, V1DaemonSet, V1HostPathVolumeSource } from '@kubernetes/client-node';
import { apiVersion } from '../api/group.ts';
import { nodeTrustKind, type NodeTrust } from '../api/node-trust.ts';
import { documentFile, hashVariable, healthPort, layout, recordDirectory } from '../node-agent/layout.ts';
import { givenResources } from './container.ts';
import { instanceLabel, managedBy, managedByLabel, nameLabel } from './labels.ts';
import type { Manifest } from './manifest.ts';
import type { OwnedMetadata } from './owned-metadata.ts';

/** The command of a system's store reads every certificate that the node trusts. */
function defaultResources(spec: NodeTrust['spec']): {
  requests: Record<string, string>;
  limits: Record<string, string>;
} {
  const cpu = spec.systemStore ? '50m' : '5m';
  return { requests: { cpu, memory: '48Mi' }, limits: { memory: '192Mi' } };
}

export interface NodeTrustInput {
  readonly nodeTrust: NodeTrust;
  /** Where the pods for the nodes run. */
  readonly namespace: string;
  /** The operator's own image. */
  readonly image: string;
  /** Text of trust.json. */
  readonly text: string;
}

/** Which pods belong to the NodeTrust `name`. */
export function nodeTrustLabels(name: string): Record<string, string> {
  return { [nameLabel]: 'node-trust', [instanceLabel]: name };
}

/** `NAME` in the namespace of the pods: what should hold on the nodes. */
export function nodeTrustConfigMap(input: NodeTrustInput): Manifest<V1ConfigMap> {
  const data = { [documentFile]: input.text };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(input), data };
}

/**
 * `NAME`: a pod on each node. Another text replaces all pods at once: one that is Ready has brought its node to this very text, and
 * until then the node stays as it was.
 */
export function nodeTrustDaemonSet(input: NodeTrustInput): Manifest<V1DaemonSet> {
  const { spec, metadata: own } = input.nodeTrust;
  const volumes = nodeVolumes(input.nodeTrust);
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: metadata(input),
    spec: {
      selector: { matchLabels: nodeTrustLabels(own.name) },
      revisionHistoryLimit: 1,
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '100%', maxSurge: 0 } },
      template: {
        metadata: { labels: { ...nodeTrustLabels(own.name), [managedByLabel]: managedBy } },
        spec: {
          serviceAccountName: 'node-trust',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          dnsPolicy: 'Default',
          // The first process of a namespace is deaf to SIGTERM until it asks for it: a pod that is replaced as it starts would stay on.
          shareProcessNamespace: true,
          terminationGracePeriodSeconds: 30,
          nodeSelector: { 'kubernetes.io/os': 'linux', ...spec.nodeSelector },
          tolerations: spec.tolerations ?? [{ operator: 'Exists' }],
          securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
          containers: [container(input, volumes)],
          volumes: [
            { name: 'declared', configMap: { name: own.name, defaultMode: 0o444 } },
            ...volumes.map(({ name, path, type }) => ({ name, hostPath: { path, type } })),
          ],
        },
      },
    },
  };
}

interface NodeVolume {
  readonly name: string;
  readonly path: string;
  readonly mountPath: string;
  readonly type: V1HostPathVolumeSource['type'];
}

/** Exactly what the spec names of the node. */
function nodeVolumes({ spec }: NodeTrust): NodeVolume[] {
  const { containerd, docker, podman, systemStore, hostsFile } = spec;
  const folders = [
    recordDirectory,
    ...containerd.directories,
    ...(docker ? [docker.directory] : []),
    ...(podman ? [podman.directory, podman.registriesDirectory] : []),
  ];
  const below = (path: string): string => `${layout.node}${path}`;
  const type = 'DirectoryOrCreate';
  return [
    ...[...new Set(folders)].map((path, at) => ({ name: `node-${at}`, path, mountPath: below(path), type })),
    ...(hostsFile
      ? [{ name: 'hosts', path: hostsFile.path, mountPath: below(hostsFile.path), type: 'File' }]
      : []),
    ...(systemStore
      ? [{ name: 'root', path: systemStore.root, mountPath: layout.systemRoot, type: 'Directory' }]
      : []),
  ];
}

function container({ nodeTrust, image, text }: NodeTrustInput, volumes: NodeVolume[]): Manifest<V1Container> {
  const { resources, systemStore } = nodeTrust.spec;
  return {
    name: 'agent',
    image,
    command: ['node-trust-agent'],
    env: [{ name: hashVariable, value: createHash('sha256').update(text).digest('hex') }],
    ports: [{ name: 'health', containerPort: healthPort, protocol: 'TCP' }],
    readinessProbe: { httpGet: { path: '/readyz', port: 'health' }, periodSeconds: 2, failureThreshold: 1 },
    resources: resources ? givenResources(resources) : defaultResources(nodeTrust.spec),
    securityContext: {
      // The folders of a node are root's.
      runAsUser: 0,
      runAsGroup: 0,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      // With SELinux enforced, no other type may write the folders of a node.
      seLinuxOptions: { type: 'spc_t' },
      capabilities: {
        drop: ['ALL'],
        // For the command of the system's store: some of its folders are read-only for root too.
        ...(systemStore ? { add: ['DAC_OVERRIDE', 'SYS_CHROOT'] } : {}),
      },
    },
    volumeMounts: [
      { name: 'declared', mountPath: layout.declared, readOnly: true },
      ...volumes.map(({ name, mountPath }) => ({ name, mountPath })),
    ],
  };
}

function metadata({ nodeTrust, namespace }: NodeTrustInput): OwnedMetadata {
  const { name, uid } = nodeTrust.metadata;
  return {
    name,
    namespace,
    labels: { ...nodeTrustLabels(name), [managedByLabel]: managedBy },
    ownerReferences: [{ apiVersion, kind: nodeTrustKind, name, uid, controller: true }],
  };
}
