import { describe, expect, it } from 'vitest';
import { missingPackages } from './packages.ts';

const packages = [
  { name: 'one', files: ['/a', '/b'] },
  { name: 'two', files: ['/c'] },
];

describe('missingPackages', () => {
  it('takes any one file as proof', () => {
    expect(missingPackages(packages, (path) => path === '/b')).toEqual(['two']);
  });

  it('names nothing when all are there', () => {
    expect(missingPackages(packages, () => true)).toEqual([]);
  });
});
