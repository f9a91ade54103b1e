import { describe, expect, it } from 'vitest';
import { exampleRegistry } from '../api/registry-example.ts';
import { statefulSet } from './stateful-set.ts';
import { podOverlayProblems } from './pod-overlay-problems.ts';

function templateOf(spec: object) {
  const made = statefulSet({ registry: exampleRegistry(spec), defaultImage: 'registry:1', configText: 'x' });
  return made.spec?.template;
}

const sidecar = { name: 'side', image: 'side:1', ports: [{ containerPort: 9000 }] };

describe('the overlay of the pod template', () => {
  it('changes nothing when it says nothing', () => {
    expect(templateOf({ podTemplate: {} })).toEqual(templateOf({}));
    expect(templateOf({ podTemplate: { metadata: {}, spec: {} } })).toEqual(templateOf({}));
  });

  it('takes a service account with it when it goes: both of its names are applied', () => {
    const { spec } = templateOf({ podTemplate: { spec: { serviceAccountName: 'runner' } } }) ?? {};
    expect(spec).toMatchObject({ serviceAccountName: 'runner', serviceAccount: 'runner' });
    expect(templateOf({ podTemplate: { spec: {} } })?.spec).not.toHaveProperty('serviceAccount');
  });

  describe('of everything', () => {
    const template = templateOf({
      podAnnotations: { a: '1', b: '1' },
      tolerations: [{ key: 'x', operator: 'Exists' }],
      podTemplate: {
        metadata: { labels: { team: 'a' }, annotations: { b: '2' } },
        spec: {
          volumes: [{ name: 'keys', secret: { secretName: 'keys' } }],
          containers: [{ name: 'registry', volumeMounts: [{ name: 'keys', mountPath: '/keys' }] }, sidecar],
          tolerations: [{ key: 'y', operator: 'Exists' }],
          securityContext: { supplementalGroups: [7] },
          hostAliases: [{ ip: '10.0.0.1', hostnames: ['a'] }],
        },
      },
    });
    const plain = templateOf({});

    it('adds to metadata and to sections', () => {
      expect(template?.metadata?.labels).toEqual({ ...plain?.metadata?.labels, team: 'a' });
      expect(template?.metadata?.annotations).toMatchObject({
        a: '1',
        b: '2',
        'wharfinger.dev/config': expect.any(String),
      });
      expect(template?.spec?.tolerations?.map(({ key }) => key)).toEqual(['x', 'y']);
      expect(template?.spec?.securityContext).toEqual({
        ...plain?.spec?.securityContext,
        supplementalGroups: [7],
      });
    });

    it('adds to lists by name', () => {
      expect(template?.spec?.volumes).toEqual([
        ...(plain?.spec?.volumes ?? []),
        { name: 'keys', secret: { secretName: 'keys' } },
      ]);
      const [registry, side] = template?.spec?.containers ?? [];
      const before = plain?.spec?.containers[0];
      expect(registry).toEqual({
        ...before,
        volumeMounts: [...(before?.volumeMounts ?? []), { name: 'keys', mountPath: '/keys' }],
      });
      expect(side).toEqual(sidecar);
    });
  });

  it('replaces the spread over the same topology, and keeps the other', () => {
    const own = { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' };
    const zone = { topologyKey: 'zone', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' };
    const spread = templateOf({ podTemplate: { spec: { topologySpreadConstraints: [zone, own] } } })?.spec
      ?.topologySpreadConstraints;
    expect(spread).toHaveLength(2);
    expect(spread?.[0]).toMatchObject({ ...own, maxSkew: 1 });
    expect(spread?.[1]).toEqual(zone);
  });
});

describe('what would break the registry', () => {
  const registry = (fields: object): object => ({ spec: { containers: [{ name: 'registry', ...fields }] } });
  const mount = (mountPath: string, name = 'keys'): object => ({
    spec: {
      volumes: [{ name: 'keys', emptyDir: {} }],
      containers: [{ name: 'registry', volumeMounts: [{ name, mountPath }] }],
    },
  });
  const pod = (spec: object): object => ({ spec });

  it.each<[string, object, RegExp | undefined]>([
    ['a label of its own', { metadata: { labels: { team: 'a' } } }, undefined],
    [
      'a selector label',
      { metadata: { labels: { 'app.kubernetes.io/name': 'x' } } },
      /labels: app.kubernetes.io\/name/,
    ],
    ['our label', { metadata: { labels: { 'wharfinger.dev/user': 'x' } } }, /labels: wharfinger.dev\/user/],
    [
      'our annotation',
      { metadata: { annotations: { 'wharfinger.dev/config': 'x' } } },
      /annotations: wharfinger/,
    ],
    [
      'a volume of our name',
      pod({ volumes: [{ name: 'data', emptyDir: {} }] }),
      /volumes\[data\]: the operator has/,
    ],
    [
      'a volume twice',
      pod({ volumes: [{ name: 'a' }, { name: 'a' }] }),
      /volumes\[a\]: the name is there twice/,
    ],
    [
      'another command',
      registry({ command: ['sh'] }),
      /\[registry\].command: the operator sets it; remove it/,
    ],
    ['other arguments', registry({ args: ['x'] }), /\[registry\].args: the operator sets it/],
    ['other ports', registry({ ports: [] }), /\[registry\].ports: the operator sets it/],
    ['an image', registry({ image: 'x' }), /use spec.image/],
    ['a lifecycle', registry({ lifecycle: { preStop: { sleep: { seconds: 5 } } } }), undefined],
    ['root', registry({ securityContext: { runAsUser: 0 } }), /runAsUser: the registry does not run as root/],
    ['privileges', registry({ securityContext: { privileged: true } }), /privileged: must stay false/],
    ['root in the pod', pod({ securityContext: { runAsNonRoot: false } }), /runAsNonRoot: must stay true/],
    ['a mount', mount('/keys'), undefined],
    ['a mount of no volume', mount('/keys', 'none'), /there is no volume none; add it/],
    ['a mount over ours', mount('/var/lib/registry/'), /would hide \/var\/lib\/registry/],
    ['a mount around ours', mount('/etc'), /would hide \/etc\//],
    ['a mount in ours', mount('/etc/wharfinger/tls/x'), /would hide \/etc\/wharfinger\/tls/],
    ['a sidecar', pod({ containers: [sidecar] }), undefined],
    ['a sidecar without image', pod({ containers: [{ name: 'x' }] }), /containers\[x\]: has no image/],
    [
      'a sidecar on our port',
      pod({ containers: [{ ...sidecar, ports: [{ containerPort: 5001 }] }] }),
      /port 5001 \(debug\) is the registry's/,
    ],
    [
      'an init container of our name',
      pod({ initContainers: [{ ...sidecar, name: 'registry' }] }),
      /has that name/,
    ],
    [
      'two containers of one name',
      pod({ containers: [sidecar], initContainers: [sidecar] }),
      /two containers are named side/,
    ],
  ])('%s', (_, podTemplate, expected) => {
    const problems = podOverlayProblems(exampleRegistry({ podTemplate }));
    if (expected === undefined) expect(problems).toEqual([]);
    else expect(problems).toEqual([expect.stringMatching(expected)]);
  });
});
