import { describe, expect, it } from 'vitest';
import { mountsBelow, parseMountInfo } from './mounts.ts';

const text = `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
61 27 0:40 / /run/w/a\\040b rw shared:1 - tmpfs tmpfs rw,size=4k
62 61 0:41 / /run/w/a\\040b/c rw - overlay overlay rw,lowerdir=/l,upperdir=/state/u
63 27 0:42 / /run/w2 rw - tmpfs tmpfs rw
`;

describe('parseMountInfo', () => {
  it('reads mount points and file system options', () => {
    expect(parseMountInfo(text)[2]).toEqual({
      mountPoint: '/run/w/a b/c',
      superOptions: 'rw,lowerdir=/l,upperdir=/state/u',
    });
  });
});

describe('mountsBelow', () => {
  it('lists the deepest first and nothing of a neighbour', () => {
    expect(mountsBelow(parseMountInfo(text), ['/run/w', '/state'])).toEqual(['/run/w/a b/c', '/run/w/a b']);
  });
});
