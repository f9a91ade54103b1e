import { selectorLabels, type ServedRegistry, type StatefulSet } from '@wharfinger/operator';
import type { CronJob, Job } from '../cluster/kinds.ts';
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

type CopyCronJob = Pick<CronJob, 'apiVersion' | 'kind' | 'spec'> & Pick<CopyJob, 'metadata'>;

/** The CronJob that makes such Jobs, one at a time. */
export function copyCronJob(job: Omit<CopyJobOptions, 'suffix'>, schedule: string): CopyCronJob {
  const { metadata, spec } = copyJob({ ...job, suffix: '' });
  const { namespace, labels } = metadata;
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: `${job.registry.metadata.name}-${job.copy}`, namespace, labels },
    spec: { schedule, concurrencyPolicy: 'Forbid', jobTemplate: { metadata: { labels }, spec } },
  };
}

/** Not those of the registry's pods: no Service may lead to the Job. */
function jobLabels(name: string, copy: Copy): Record<string, string> {
  return { 'app.kubernetes.io/name': `registry-${copy}`, 'app.kubernetes.io/instance': name };
}

function podSpec({ registry, statefulSet, copy, claim, options }: CopyJobOptions): PodSpec {
  const { name } = registry.metadata;
  const { pod, container, configPath } = servedFrom(registry, statefulSet);
  const direction = copy === 'backup' ? '--to' : '--from';
  const isServed = (statefulSet.status?.replicas ?? 0) > 0;
  const { image, imagePullPolicy, securityContext, resources } = container;
  const mounts = (container.volumeMounts ?? []).filter(isShared);
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: pod.securityContext,
    nodeSelector: pod.nodeSelector,
    tolerations: pod.tolerations,
    imagePullSecrets: pod.imagePullSecrets,
    affinity: isServed ? besideTheRegistry(name) : undefined,
    containers: [
      {
        name: copy,
        image,
        imagePullPolicy,
        securityContext,
        resources,
        args: [copy, direction, backupPath, '--report', reportPath, ...options, configPath],
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [
          ...mounts.map((mount) => ({ ...mount, readOnly: copy === 'backup' || mount.name === 'config' })),
          { name: 'backup', mountPath: backupPath, readOnly: copy === 'restore' },
        ],
      },
    ],
    volumes: [
      ...(pod.volumes ?? []).filter(isShared),
      { name: 'backup', persistentVolumeClaim: { claimName: claim } },
    ],
  };
}

interface Served {
  readonly pod: PodSpec;
  readonly container: PodSpec['containers'][number];
  readonly configPath: string;
}

function servedFrom({ metadata }: ServedRegistry, { spec }: CopyJobOptions['statefulSet']): Served {
  const pod = spec?.template.spec;
  const container = pod?.containers.find(({ name }) => name === 'registry');
  const config = container?.volumeMounts?.find(({ name }) => name === 'config');
  if (pod && container && config) return { pod, container, configPath: `${config.mountPath}/config.yml` };
  throw new CommandError(`the StatefulSet of Registry ${metadata.name} is not one of this release`);
}

/** What the Job mounts of that which the registry's pods mount. */
function isShared({ name }: { name: string }): boolean {
  return name === 'data' || name === 'config';
}

/** A volume of ReadWriteOnce is to be had on the node of its pod alone. */
function besideTheRegistry(name: string): NonNullable<PodSpec['affinity']> {
  const term = {
    topologyKey: 'kubernetes.io/hostname',
    labelSelector: { matchLabels: selectorLabels(name) },
  };
  return { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
}
