import { describe, expect, it } from 'vitest';
import { isFreshlyReady, tellsTheTruth } from './settle.ts';

describe('isFreshlyReady', () => {
  const node = (status: string): object => ({
    status: { conditions: [{ type: 'Ready', status, lastHeartbeatTime: '2026-01-01T00:00:10Z' }] },
  });
  const heartbeat = Date.parse('2026-01-01T00:00:10Z');

  it('believes no report from before', () => {
    expect(isFreshlyReady(node('True'), heartbeat + 1_000)).toBe(false);
    expect(isFreshlyReady(node('True'), heartbeat + 900)).toBe(true);
  });

  it('wants the node Ready', () => {
    expect(isFreshlyReady(node('False'), heartbeat)).toBe(false);
    expect(isFreshlyReady({}, 0)).toBe(false);
  });
});

describe('tellsTheTruth', () => {
  const pod = (status: string): object => ({
    status: {
      conditions: [{ type: 'Ready', status }],
      containerStatuses: [{ containerID: 'containerd://a' }],
    },
  });

  it('doubts a Ready pod whose container does not run', () => {
    expect(tellsTheTruth(pod('True'), new Set())).toBe(false);
    expect(tellsTheTruth(pod('True'), new Set(['a']))).toBe(true);
    expect(tellsTheTruth(pod('False'), new Set())).toBe(true);
  });
});
