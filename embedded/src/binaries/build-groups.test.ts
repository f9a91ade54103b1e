import { describe, expect, it } from 'vitest';
import { buildKey, goBuildArguments, kubernetesGroup } from './build-groups.ts';

describe('goBuildArguments', () => {
  it('builds the named packages in one go, with the version Helm reads', () => {
    const args = goBuildArguments(kubernetesGroup, ['kubelet', 'kubectl'], '/out/');
    expect(args.slice(-4)).toEqual([
      '-o',
      '/out/',
      'k8s.io/kubernetes/cmd/kubelet',
      'k8s.io/kubernetes/cmd/kubectl',
    ]);
    expect(args.join(' ')).toContain('-X k8s.io/component-base/version.gitMinor=35');
  });
});

describe('buildKey', () => {
  it('changes with the sources and with the flags', () => {
    const key = buildKey(kubernetesGroup, ['a', 'b']);
    expect(key).toMatch(/^[0-9a-f]{16}$/);
    expect(buildKey(kubernetesGroup, ['a', 'b'])).toBe(key);
    expect(buildKey(kubernetesGroup, ['ab'])).not.toBe(key);
    expect(buildKey({ ...kubernetesGroup, ldflags: [] }, ['a', 'b'])).not.toBe(key);
  });
});
