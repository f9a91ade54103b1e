import { describe, expect, it } from 'vitest';
import { hostsLines } from './hosts-lines.ts';

const before = '127.0.0.1\tlocalhost\n# a comment\n10.0.0.1 db db.example # registry.example\n';
const entries = new Map([['registry.example', '10.9.0.7']]);
const line = '10.9.0.7\tregistry.example\t# wharfinger NodeTrust a\n';

describe('hostsLines', () => {
  it('adds marked lines at the end, once, and takes them away again', () => {
    const added = hostsLines(before, 'a', entries);
    expect(added).toEqual({ text: before + line, taken: [] });
    expect(hostsLines(added.text, 'a', entries).text).toBe(added.text);
    expect(hostsLines(`${added.text}::1 later\n`, 'a', new Map()).text).toBe(`${before}::1 later\n`);
  });

  it('ends the last line before it adds one', () => {
    expect(hostsLines('::1 localhost', 'a', entries).text).toBe(`::1 localhost\n${line}`);
    expect(hostsLines('', 'a', entries).text).toBe(line);
  });

  it('changes an address, and leaves the lines of another NodeTrust', () => {
    const other = '10.9.0.9\tother.example\t# wharfinger NodeTrust ab\n';
    const { text } = hostsLines(before + line + other, 'a', new Map([['registry.example', '10.9.0.8']]));
    expect(text).toBe(before + other + line.replace('10.9.0.7', '10.9.0.8'));
  });

  it('says when somebody else has the name with another address, and writes nothing for one with the same', () => {
    const taken = '10.1.1.1 Registry.example\n';
    expect(hostsLines(taken, 'a', entries)).toEqual({ text: taken, taken: ['registry.example'] });
    const same = '10.9.0.7 registry.example\n';
    expect(hostsLines(same, 'a', entries)).toEqual({ text: same, taken: [] });
  });
});
