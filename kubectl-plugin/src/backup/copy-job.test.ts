import { expect, it } from 'vitest';
import { exampleRegistry } from '../../../operator/src/api/registry-example.ts';
import { selectorLabels, type ServedRegistry, type StatefulSet } from '@wharfinger/operator';
import { statefulSet } from '../../../operator/src/resources/stateful-set.ts';
import { copyCronJob, copyJob } from './copy-job.ts';

const registry = exampleRegistry({ nodeSelector: { disk: 'fast' } }) as ServedRegistry;
const made = statefulSet({ registry, defaultImage: 'registry:1', configText: '' });
const running = { ...made, status: { replicas: 1 } } as unknown as StatefulSet;
const given = { registry, statefulSet: running, claim: 'safe', options: ['--keep', '3'], suffix: 'x' };

it('runs the image of the Registry as its user, beside its pod, and reads its volume', () => {
  const { metadata, spec } = copyJob({ ...given, copy: 'backup' });
  expect(metadata).toMatchObject({ name: 'team-a-backup-x', namespace: 'team' });
  const pod = spec?.template.spec;
  expect(pod).toMatchObject({
    restartPolicy: 'Never',
    securityContext: { runAsNonRoot: true, fsGroup: 65_532 },
    nodeSelector: { disk: 'fast' },
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] } },
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: 'team-a-data' } },
      { name: 'config', configMap: { name: 'team-a-config' } },
      { name: 'backup', persistentVolumeClaim: { claimName: 'safe' } },
    ],
  });
  const container = pod?.containers[0];
  expect(container).toMatchObject({
    image: 'registry:1',
    args: [
      'backup',
      '--to',
      '/backup',
      '--report',
      '/dev/termination-log',
      '--keep',
      '3',
      '/etc/docker/registry/config.yml',
    ],
    securityContext: { readOnlyRootFilesystem: true },
  });
  const readOnly = container?.volumeMounts?.map(({ name, readOnly: only }) => [name, only === true]);
  expect(readOnly).toEqual([
    ['data', true],
    ['config', true],
    ['backup', false],
  ]);
});

it('writes the volume in a restore, and reads the backup', () => {
  const pod = copyJob({ ...given, copy: 'restore' }).spec?.template.spec;
  const readOnly = pod?.containers[0]?.volumeMounts?.map(({ name, readOnly: only }) => [name, only === true]);
  expect(readOnly).toEqual([
    ['data', false],
    ['config', true],
    ['backup', true],
  ]);
});

it('waits for no pod of the registry when there is none, and is found by no Service', () => {
  const alone = copyJob({
    ...given,
    statefulSet: { ...running, status: { replicas: 0 } },
    copy: 'backup',
  });
  expect(alone.spec?.template.spec?.affinity).toBeUndefined();
  const labels = alone.spec?.template.metadata?.labels ?? {};
  expect(Object.entries(selectorLabels('team-a')).every(([key, value]) => labels[key] === value)).toBe(false);
});

it('runs on a schedule, one Job at a time', () => {
  const { spec } = copyJob({ ...given, copy: 'backup' });
  expect(copyCronJob({ ...given, copy: 'backup' }, '0 3 * * *')).toMatchObject({
    metadata: { name: 'team-a-backup' },
    spec: { schedule: '0 3 * * *', concurrencyPolicy: 'Forbid', jobTemplate: { spec } },
  });
});
