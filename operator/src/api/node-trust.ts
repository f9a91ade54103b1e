import { z } from 'zod';
import { apiVersion } from './group.ts';
import { Hostname, IpAddress } from './hostname.ts';
import { NodeTrustStatus } from './node-trust-status.ts';
import { ObjectMeta } from './object-meta.ts';
import { Resources, StringMap, Toleration } from './pod-settings.ts';
import { isPublicRegistry, notPublic } from './public-registries.ts';
import { type Rule, rules } from './rule.ts';

export const nodeTrustKind = 'NodeTrust';

const pathPattern = '^(/[A-Za-z0-9_][-A-Za-z0-9_.]*)+$';

/** An absolute path on a node. */
const NodePath = z
  .string()
  .max(253)
  .refine((path) => new RegExp(pathPattern).test(path))
  .meta(
    rules({
      rule: `self.matches('${pathPattern}')`,
      message:
        "not a path on a node; write it absolute, without '..', hidden folders or a slash at its end, such as /etc/containerd/certs.d",
    }),
  );

/** Like `NodePath`, or `/`. */
const RootPath = z
  .string()
  .max(253)
  .refine((path) => path === '/' || new RegExp(pathPattern).test(path))
  .meta(
    rules({
      rule: `self == '/' || self.matches('${pathPattern}')`,
      message: "not a folder on a node; write / or an absolute path without '..' or a slash at its end",
    }),
  );

/** A hostname that nodes may be told to trust. */
const TrustedHostname = z
  .string()
  .max(253)
  .refine((hostname) => !isPublicRegistry(hostname))
  .meta(rules(...(Hostname.meta() as ReturnType<typeof rules>)['x-kubernetes-validations'], notPublic));

/** An address by which nodes reach a registry whose name they cannot look up. */
export const TrustedAddress = z
  .object({
    clusterIP: z
      .literal(true)
      .optional()
      .describe("True: the cluster address of the Registry's Service, as far as nodes reach it."),
    ip: IpAddress.optional().describe('This address.'),
  })
  .meta(
    rules({
      rule: 'has(self.clusterIP) != has(self.ip)',
      message: 'set exactly one of clusterIP and ip; remove the other',
    }),
  );
export type TrustedAddress = z.infer<typeof TrustedAddress>;

/** One Registry, and the names for which the administrator lets nodes trust it. */
export const TrustedRegistry = z.object({
  namespace: z.string().min(1).max(63).describe('Namespace of the Registry.'),
  name: z.string().min(1).max(50).describe('Name of the Registry.'),
  hostnames: z
    .array(TrustedHostname)
    .min(1)
    .max(8)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .describe(
      'Hostnames for which nodes may trust it. A Registry whose spec.hostname is none of them is not trusted, whatever its owner writes there.',
    ),
  address: TrustedAddress.optional().describe(
    'Where nodes reach it without a name service: in hosts.toml of containerd, for which the certificate must name the address, or in spec.hostsFile.',
  ),
});
export type TrustedRegistry = z.infer<typeof TrustedRegistry>;

export const ContainerdTrust = z.object({
  directories: z
    .array(NodePath)
    .max(4)
    .default(['/etc/containerd/certs.d'])
    .describe('Folders that `config_path` of containerd names; none: leave containerd alone.'),
});

export const DockerTrust = z.object({
  directory: NodePath.default('/etc/docker/certs.d').describe('Folder of certificates by host.'),
});

export const PodmanTrust = z.object({
  directory: NodePath.default('/etc/containers/certs.d').describe('Folder of certificates by host.'),
  registriesDirectory: NodePath.default('/etc/containers/registries.conf.d').describe(
    'Folder of settings, for Registries without TLS.',
  ),
});

export const SystemStoreTrust = z.object({
  family: z
    .enum(['Debian', 'RedHat'])
    .describe(
      'Debian: /usr/local/share/ca-certificates and update-ca-certificates, for Ubuntu too. RedHat: /etc/pki/ca-trust/source/anchors and update-ca-trust, for Fedora and its like.',
    ),
  root: RootPath.default('/').describe("The node's root folder, in which the command runs."),
});

export const HostsFileTrust = z.object({
  path: NodePath.default('/etc/hosts').describe('The file. It must be there.'),
});

/** What is never changed once it is set, because the files of before would stay on the nodes. */
function settled(field: string): Rule {
  return {
    rule: `!has(oldSelf.${field}) || (has(self.${field}) && self.${field} == oldSelf.${field})`,
    message: `${field} cannot change or go, because what it put on the nodes would stay there; delete the NodeTrust and create another`,
  };
}

/** Which Registries nodes trust, and in which ways. */
export const NodeTrustSpec = z
  .object({
    registries: z
      .array(TrustedRegistry)
      .max(32)
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['namespace', 'name'] })
      .describe('Registries that nodes trust.'),
    containerd: ContainerdTrust.prefault({}).describe('Trust of containerd, by hosts.toml and CA.'),
    docker: DockerTrust.optional().describe(
      'Trust of Docker, by ca.crt; Docker is left alone without it. For a Registry without TLS add its host to insecure-registries of daemon.json by hand.',
    ),
    podman: PodmanTrust.optional().describe(
      'Trust of Podman and its like, by ca.crt; they are left alone without it.',
    ),
    systemStore: SystemStoreTrust.optional().describe(
      "Trust of every program of the node, by the operating system's store. Only CAs that are bound to the Registry's hostname by critical name constraints are put there.",
    ),
    hostsFile: HostsFileTrust.optional().describe(
      'Writes the hostnames of Registries with an address into the hosts file of the nodes, in marked lines.',
    ),
    nodeSelector: StringMap.optional().describe(
      'Labels of the nodes; all Linux nodes without it. A node that loses the labels keeps its files until it has them again.',
    ),
    tolerations: z
      .array(Toleration)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .optional()
      .describe('Taints that the pods tolerate; all without it.'),
    resources: Resources.optional().describe('Requests and limits of the pods on the nodes.'),
  })
  .meta(
    rules(
      settled('containerd'),
      settled('docker'),
      settled('podman'),
      settled('systemStore'),
      settled('hostsFile'),
      {
        rule: 'has(self.nodeSelector) == has(oldSelf.nodeSelector) && (!has(self.nodeSelector) || self.nodeSelector == oldSelf.nodeSelector)',
        message:
          'nodeSelector cannot change, because files would stay on the nodes that it leaves; delete the NodeTrust and create another',
      },
    ),
  );
export type NodeTrustSpec = z.infer<typeof NodeTrustSpec>;

/** Makes the nodes of the cluster trust Registries. */
export const NodeTrust = z
  .object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal(nodeTrustKind),
    metadata: ObjectMeta.omit({ namespace: true }),
    spec: NodeTrustSpec,
    status: NodeTrustStatus.optional(),
  })
  .describe('NodeTrust makes the nodes of the cluster trust Registries; it has no namespace.')
  .meta(
    rules({
      rule: "self.metadata.name.size() <= 50 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
      message:
        "metadata.name must start with a letter, hold only lower case letters, digits and '-', and have at most 50 characters, because a DaemonSet is named after it",
    }),
  );
export type NodeTrust = z.infer<typeof NodeTrust>;
