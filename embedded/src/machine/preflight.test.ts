import { describe, expect, it } from 'vitest';
import { requireDiskSpace } from './disk.ts';
import { requireLinuxRoot } from './preflight.ts';

describe('requireLinuxRoot', () => {
  it('accepts root on Linux', () => {
    expect(() => requireLinuxRoot('linux', 0)).not.toThrow();
  });

  it('names root and the fix', () => {
    expect(() => requireLinuxRoot('linux', 1000)).toThrow(/needs root.*Run the command as root/);
  });

  it('names the platform', () => {
    expect(() => requireLinuxRoot('darwin', 0)).toThrow(/not on darwin/);
  });
});

describe('requireDiskSpace', () => {
  it('measures the nearest existing directory', () => {
    expect(() => requireDiskSpace('/does/not/exist', 1)).not.toThrow();
  });

  it('names the directory and what is missing', () => {
    expect(() => requireDiskSpace('/', 2 ** 70)).toThrow(/^\/ has .* GiB free; .* GiB are needed/);
  });
});
