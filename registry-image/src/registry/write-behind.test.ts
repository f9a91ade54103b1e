import { describe, expect, it } from 'vitest';
import type { Appender } from '../storage/driver.ts';
import { createWriteBehind } from './write-behind.ts';

function appenderThat(write: Appender['write']): Appender {
  return {
    offset: 0,
    version: '',
    write,
    sync: async () => {},
    finish: async () => '',
    close: async () => {},
  };
}

describe('writing behind', () => {
  it('joins what comes in during a write, in order, and holds back when too much waits', async () => {
    const writes: string[] = [];
    const steps: (() => void)[] = [];
    const file = createWriteBehind(
      appenderThat(async (chunks) => {
        writes.push(chunks.map((chunk) => chunk.toString()[0]).join(''));
        await new Promise<void>((resolve) => steps.push(resolve));
      }),
    );
    for (const letter of ['a', 'b', 'c']) await file.write(Buffer.from(letter));
    expect(writes).toEqual(['a']);
    let held = true;
    const large = file.write(Buffer.alloc(200_000, 'd')).then(() => (held = false));
    steps.shift()?.();
    await expect.poll(() => writes).toEqual(['a', 'bcd']);
    expect(held).toBe(true);
    steps.shift()?.();
    await large;
    await file.flush();
    expect(writes).toEqual(['a', 'bcd']);
  });

  it('tells of a failed write at the next occasion, and writes nothing after it', async () => {
    let writes = 0;
    const file = createWriteBehind(
      appenderThat(async () => {
        writes++;
        throw new Error('full');
      }),
    );
    await file.write(Buffer.from('a'));
    await expect(file.flush()).rejects.toThrow('full');
    await expect(file.write(Buffer.from('b'))).rejects.toThrow('full');
    expect(writes).toBe(1);
  });
});
