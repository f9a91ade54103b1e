import { describe, expect, it } from 'vitest';
import { identify, isAlive, parseStat } from './process-identity.ts';

describe('parseStat', () => {
  it('reads past a command with spaces and parentheses', () => {
    const rest = `S 7 ${Array.from({ length: 17 }, (_, index) => index).join(' ')} 4711 0 0`;
    expect(parseStat(`42 (a (b) c) ${rest}`)).toEqual({ state: 'S', parent: 7, startTime: 4711 });
  });

  it('refuses other text', () => {
    expect(() => parseStat('nothing')).toThrow(/not the text of a stat file/);
  });
});

describe('isAlive', () => {
  it('knows this process', () => {
    const self = identify(process.pid)!;
    expect(isAlive(self)).toBe(true);
    expect(isAlive({ ...self, startTime: self.startTime + 1 })).toBe(false);
    expect(isAlive({ ...self, bootId: 'another boot' })).toBe(false);
  });
});
