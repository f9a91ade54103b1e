import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHandover, type Handover } from './handover.ts';
import type { Command } from './protocol.ts';

describe('a hand-over', () => {
  let sent: { command: Command; keepOpen: boolean; done: (error: Error | null) => void }[];
  let connected: boolean;
  let handover: Handover;
  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    connected = true;
    handover = createHandover({
      isConnected: () => connected,
      send: (command, _socket, { keepOpen }, done) => sent.push({ command, keepOpen, done }),
    });
  });
  afterEach(() => vi.useRealTimers());

  it('is taken when the worker says so of this very connection', async () => {
    const [first, second] = [handover.hand(new Socket()), handover.hand(new Socket())];
    expect(sent.map(({ command, keepOpen }) => ({ command, keepOpen }))).toEqual([
      { command: { type: 'connection', id: 1 }, keepOpen: true },
      { command: { type: 'connection', id: 2 }, keepOpen: true },
    ]);
    for (const { done } of sent) done(null);
    handover.taken(2);
    handover.gone();
    expect([await first, await second]).toEqual(['lost', 'taken']);
  });

  it('has not left this process when it could not be written, or the worker has hung up', async () => {
    const first = handover.hand(new Socket());
    sent[0]?.done(new Error('write EPIPE'));
    connected = false;
    expect([await first, await handover.hand(new Socket())]).toEqual(['unsent', 'unsent']);
    expect(sent).toHaveLength(1);
  });

  it('is lost when the worker says nothing for long', async () => {
    const handed = handover.hand(new Socket());
    sent[0]?.done(null);
    vi.advanceTimersByTime(9_999);
    const still = Promise.race([handed, Promise.resolve('under way')]);
    expect(await still).toBe('under way');
    vi.advanceTimersByTime(1);
    expect(await handed).toBe('lost');
    // Too late to mean anything.
    handover.taken(1);
  });
});
