import { describe, expect, it } from 'vitest';
import { changedConditions, isReady, whyNotReady } from './readiness.ts';

const waiting = {
  metadata: { generation: 2 },
  status: {
    observedGeneration: 2,
    conditions: [{ type: 'Ready', status: 'False', reason: 'Pods', message: '0 of 1 replicas are ready.' }],
  },
};
const ready = {
  ...waiting,
  status: { observedGeneration: 2, conditions: [{ type: 'Ready', status: 'True', reason: 'Serving' }] },
};

describe('isReady', () => {
  it('wants Ready for the present generation', () => {
    expect(isReady(waiting)).toBe(false);
    expect(isReady(ready)).toBe(true);
    expect(isReady({ ...ready, metadata: { generation: 3 } })).toBe(false);
    expect(isReady({ metadata: { generation: 1 } })).toBe(false);
  });
});

describe('changedConditions', () => {
  it('tells each change once', () => {
    expect(changedConditions(undefined, waiting)).toEqual(['Ready=False (Pods: 0 of 1 replicas are ready.)']);
    expect(changedConditions(waiting, waiting)).toEqual([]);
    expect(changedConditions(waiting, ready)).toEqual(['Ready=True (Serving)']);
  });
});

describe('whyNotReady', () => {
  it('prefers what stalls', () => {
    const conditions = [
      ...waiting.status.conditions,
      { type: 'Stalled', status: 'True', message: 'No such class.' },
    ];
    expect(whyNotReady({ metadata: {}, status: { conditions } })).toBe('No such class.');
    expect(whyNotReady(waiting)).toBe('0 of 1 replicas are ready.');
    expect(whyNotReady(undefined)).toMatch(/no status yet/);
  });
});
