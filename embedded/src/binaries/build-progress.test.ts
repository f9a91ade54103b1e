import { describe, expect, it } from 'vitest';
import { countBuildLine, describeBuild } from './build-progress.ts';

const lines = ['go: downloading a/b v1.2.3', '', '# a/b', 'a/b: some warning', 'k8s.io/api/core/v1'];

describe('build progress', () => {
  it('counts downloads and compiled packages only', () => {
    const count = lines.reduce(countBuildLine, { downloaded: 0, compiled: 0, last: '' });
    expect(count).toEqual({ downloaded: 1, compiled: 1, last: 'k8s.io/api/core/v1' });
    expect(describeBuild('X', count)).toBe('building X: 1 packages compiled, now k8s.io/api/core/v1');
  });

  it('has nothing to tell at first', () => {
    expect(describeBuild('X', { downloaded: 0, compiled: 0, last: '' })).toBeUndefined();
  });
});
