import { describe, expect, it } from 'vitest';
import { collectionDocument } from './document.ts';
import { isActive, type Run } from './run.ts';
import {
  afterWindow,
  bothPaused,
  collectionState,
  enterConfirm,
  enterMarking,
  enterRestart,
  enterRestore,
  enterSweep,
  enterWindow,
  look,
  makeObservation,
  makeRun,
  one,
  open,
  restarted,
  zero,
} from './scenario.ts';
import { step } from './step.ts';

function enterRestoring(): Run {
  const run = makeRun({ restoreFrom: '11111111-2222-3333-4444-555555555555' });
  return { ...run, status: step(run, makeObservation([open(zero), open(one)])).status };
}

function everyActiveRun(): Run[] {
  return [
    enterMarking(),
    enterWindow(),
    enterSweep(),
    enterRestart(),
    enterRestore(),
    afterWindow({}, 5),
    afterWindow({ rollout: true }),
    enterConfirm(),
    enterRestoring(),
  ];
}

describe('deletion and a lost Registry', () => {
  it('leads a deleted run back from every step', () => {
    const deleting = { deleting: true };
    expect(step(makeRun(deleting), makeObservation([open(zero)])).status.phase).toBe('Queued');
    const mark = { ...enterMarking(), ...deleting };
    expect(step(mark, makeObservation([open(zero)])).status).toMatchObject({
      phase: 'Failed',
      failure: { reason: 'Deleted' },
    });
    const window = { ...enterWindow(), ...deleting };
    expect(step(window, makeObservation([open(zero)])).status.phase).toBe('RestoringWrites');
    const sweep = { ...enterSweep(), ...deleting };
    expect(step(sweep, makeObservation(bothPaused(sweep))).status.phase).toBe('Restarting');
    const restore = { ...enterRestore({}, 5), ...deleting };
    expect(look(restore, [{}, {}]).status.phase).toBe('Confirming');
    const last = { ...enterRestore({ rollout: true }), ...deleting };
    expect(look(last, [{}, {}]).status.phase).toBe('Confirming');
    const failure = { reason: 'CollectionFailed', message: 'why' };
    const failed = { ...last, status: { ...last.status, failure } };
    expect(look(failed, [{}, {}]).status.phase).toBe('Confirming');
    const again = { ...afterWindow({}, 5), ...deleting };
    expect(again.status.phase).toBe('Marking');
    expect(look(again, [{}, {}]).status.phase).toBe('Confirming');
    const rollout = { ...afterWindow({ rollout: true }), ...deleting };
    expect(rollout.status.phase).toBe('RollingOut');
    expect(look(rollout, [{}, {}]).status.phase).toBe('Confirming');
    const confirm = { ...enterConfirm(), ...deleting };
    const confirmed = { collection: collectionState(confirm, { phase: 'Confirmed', touched: true }) };
    expect(look(confirm, [confirmed, {}]).status.phase).toBe('Succeeded');
    const undo = { ...enterRestoring(), ...deleting };
    expect(look(undo, [{ collection: collectionState(undo, { phase: 'Restoring' }) }, {}]).status.phase).toBe(
      'Restoring',
    );
  });

  it('ends a run whose Registry is gone or another', () => {
    const another = makeObservation([open(zero)]);
    if (another.registry !== null) another.registry.uid = 'registry-2';
    for (const run of everyActiveRun()) {
      expect(step(run, makeObservation([], { registry: null })).status.phase).toBe('Failed');
      expect(step(run, another).status).toMatchObject({
        phase: 'Failed',
        failure: { reason: 'RegistryDeleted' },
      });
    }
  });

  it('gives the same answer twice, from the stored status alone', () => {
    for (const run of everyActiveRun()) {
      const stored = JSON.parse(JSON.stringify(run)) as Run;
      const seen = makeObservation(restarted(run));
      expect(step(stored, seen)).toEqual(step(run, seen));
      expect(collectionDocument(stored)).toEqual(collectionDocument(run));
      expect(isActive(run.status.phase)).toBe(true);
    }
  });
});
