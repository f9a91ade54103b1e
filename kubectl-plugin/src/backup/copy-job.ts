import { selectorLabels, type ServedRegistry, type StatefulSet } from '@wharfinger/operator';
import type { Job } from '../cluster/kinds.ts';
import { CommandError } from '../command-error.ts';

type PodSpec = NonNullable<NonNullable<StatefulSet['spec']>['template']['spec']>;

export type Copy = 'backup' | 'restore';

export interface CopyJobOptions {
  readonly registry: ServedRegistry;
  /** That of the Registry: the Job runs its image, as its user, on its volume. */
  readonly statefulSet: Pick<StatefulSet, 'spec' | 'status'>;
  readonly copy: Copy;
  /** The claim of the backup. */
  readonly claim: string;
  /** Further arguments of `registry backup` or `registry restore`. */
  readonly options: readonly string[];
  /** Sets the Job's name apart. */
  readonly suffix: string;
}

const backupPath = '/backup';
const reportPath = '/dev/termination-log';
/** Seconds for which the Job stays after its end. */
const lifetime = 86_400;

/** As it is sent. */
type CopyJob = Pick<Job, 'apiVersion' | 'kind' | 'spec'> & {
  metadata: { name: string; namespace: string; labels: Record<string, string> };
};

/** The Job that copies between the volume of a Registry and a backup. */
export function copyJob(job: CopyJobOptions): CopyJob {
  const { registry, copy, suffix } = job;
  const { name, namespace } = registry.metadata;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `${name}-${copy}-${suffix}`, namespace, labels: jobLabels(name, copy) },
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: lifetime,
      template: { metadata: { labels: jobLabels(name, copy) }, spec: podSpec(job) },
    },
  };
}

/** Not those of the registry's pods: no Service may lead to the Job. */
function jobLabels(name: string, copy: Copy): Record<string, string> {
  return { 'app.kubernetes.io/name': `registry-${copy}`, 'app.kubernetes.io/instance': name };
}

function podSpec({ registry, statefulSet, copy, claim, options }: CopyJobOptions): PodSpec {
  const template = statefulSet.spec?.template.spec;
  const container = template?.containers.find(({ name }) => name === 'registry');
  const config = container?.volumeMounts?.find(({ name }) => name === 'config');
  if (template === undefined || container === undefined || config === undefined)
    throw new CommandError(
      `the StatefulSet of Registry ${registry.metadata.name} is not one of this release`,
    );
  const direction = copy === 'backup' ? '--to' : '--from';
  const volumes = (template.volumes ?? []).filter(({ name }) => name === 'data' || name === 'config');
  const mounts = (container.volumeMounts ?? []).filter(({ name }) => name === 'data' || name === 'config');
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(template.securityContext && { securityContext: template.securityContext }),
    ...(template.nodeSelector && { nodeSelector: template.nodeSelector }),
    ...(template.tolerations && { tolerations: template.tolerations }),
    ...(template.imagePullSecrets && { imagePullSecrets: template.imagePullSecrets }),
    ...((statefulSet.status?.replicas ?? 0) > 0 && { affinity: besideTheRegistry(registry.metadata.name) }),
    containers: [
      {
        name: copy,
        ...(container.image && { image: container.image }),
        ...(container.imagePullPolicy && { imagePullPolicy: container.imagePullPolicy }),
        args: [
          copy,
          direction,
          backupPath,
          '--report',
          reportPath,
          ...options,
          `${config.mountPath}/config.yml`,
        ],
        ...(container.securityContext && { securityContext: container.securityContext }),
        ...(container.resources && { resources: container.resources }),
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [
          ...mounts.map((mount) => (copy === 'backup' ? { ...mount, readOnly: true } : mount)),
          { name: 'backup', mountPath: backupPath, ...(copy === 'restore' && { readOnly: true }) },
        ],
      },
    ],
    volumes: [...volumes, { name: 'backup', persistentVolumeClaim: { claimName: claim } }],
  };
}

/** A volume of ReadWriteOnce is to be had on the node of its pod alone. */
function besideTheRegistry(name: string): NonNullable<PodSpec['affinity']> {
  const term = {
    topologyKey: 'kubernetes.io/hostname',
    labelSelector: { matchLabels: selectorLabels(name) },
  };
  return { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
}
