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
  const image = 'r.example/registry:1';
  const on = (name: string): typeof ready & { status: { image: string } } => ({
    ...ready,
    status: { ...ready.status, image: name },
  });

  it('wants Ready for the present generation', () => {
    expect(isReady(waiting, image)).toBe(false);
    expect(isReady(on(image), image)).toBe(true);
    expect(isReady({ ...on(image), metadata: { generation: 3 } }, image)).toBe(false);
    expect(isReady({ metadata: { generation: 1 } }, image)).toBe(false);
  });

  it('wants the image, by its digest when there is one', () => {
    expect(isReady(on('r.example/registry:0'), image)).toBe(false);
    expect(isReady(on('r.example/registry@sha256:12'), 'r.example/registry:1@sha256:12')).toBe(true);
    expect(isReady(on('r.example/registry@sha256:13'), 'r.example/registry:1@sha256:12')).toBe(false);
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
