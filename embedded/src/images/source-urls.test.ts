import { describe, expect, it } from 'vitest';
import { findSourceReferences } from './source-urls.ts';

describe('findSourceReferences', () => {
  it('finds modules that are run as a file', () => {
    const code =
      'fork(new URL(\'./worker.ts\', import.meta.url)); x(import.meta.resolve("../gc/collector.ts"))';
    const found = findSourceReferences(code);
    expect(found.map((reference) => [reference.path, reference.isUrlObject])).toEqual([
      ['./worker.ts', true],
      ['../gc/collector.ts', false],
    ]);
    expect(code.slice(found[0]?.start, found[0]?.end)).toBe("new URL('./worker.ts', import.meta.url)");
  });

  it('leaves other URLs alone', () => {
    expect(
      findSourceReferences("new URL('../package.json', import.meta.url); new URL('./a.ts', base)"),
    ).toEqual([]);
  });
});
