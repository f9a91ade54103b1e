import { describe, expect, it } from 'vitest';
import { stalled, waiting } from './problem.ts';
import { type Findings, firstSight, summarize } from './summary.ts';

const healthy: Findings = {
  generation: 3,
  url: 'https://registry.example',
  problems: [],
  tls: 'enabled',
  certificateEnd: new Date('2036-11-18T00:00:00Z'),
  workload: { wanted: 2, ready: 2, rolledOut: true, trouble: undefined },
  lagging: [],
  readOnly: false,
  collecting: false,
  schedule: undefined,
  volume: { claim: 'x-data', capacity: '5Gi', growth: undefined },
  storage: { space: undefined, fullness: 'roomy', hindrance: undefined, apart: undefined },
};
const storage = (change: object): Partial<Findings> => ({ storage: { ...healthy.storage, ...change } });
const growing = { reason: 'Resizing', message: 'grows' } as const;
const noExpansion = { ...stalled('ExpansionNotAllowed', 'no'), about: 'storage', serves: true } as const;
const strangers = { ...stalled('StoresApart', 'two stores'), about: 'storage' } as const;
const workload = (change: object): Partial<Findings> => ({ workload: { ...healthy.workload!, ...change } });
const missing = stalled('PasswordMissing', 'spec.auth: no password');
const badSchedule = { ...stalled('InvalidSchedule', 'write five fields'), about: 'schedule' as const };
const badCertificate = stalled('InvalidCertificate', 'spec.tls.secretName: expired', 'certificate');

/** Ready, Reconciling, Stalled, CertificateReady, ReadOnly, StorageReady, GarbageCollectionScheduled as T, F or U, then the reason of Ready. */
function verdict(change: Partial<Findings>): string {
  const conditions = summarize({ ...healthy, ...change });
  const letters = conditions.map(({ status }) => status[0]).join('');
  return `${letters} ${conditions[0]?.reason}`;
}

describe('the summary', () => {
  it.each<[string, Partial<Findings>, string]>([
    ['all is well', {}, 'TFFTFTF Serving'],
    ['there is no StatefulSet yet', { workload: undefined }, 'FTFTFTF Creating'],
    ['a pod is missing', workload({ ready: 1 }), 'FTFTFTF Starting'],
    ['a template rolls out', workload({ rolledOut: false }), 'FTFTFTF RollingOut'],
    ['a pod is in trouble', workload({ ready: 1, trouble: 'pod x is in Y' }), 'FTFTFTF PodTrouble'],
    ['a replica lags', { lagging: [{ pod: 'x-0', lacks: 'users', forMs: 0 }] }, 'FTFTUTF Synchronizing'],
    ['a person is needed', { problems: [missing] }, 'FFTTFTF PasswordMissing'],
    [
      'a person is needed, and a pod is missing',
      { ...workload({ ready: 1 }), problems: [missing] },
      'FFTTFTF PasswordMissing',
    ],
    ['something passes', { problems: [waiting('PredecessorRemains', 'wait')] }, 'FTFTFTF PredecessorRemains'],
    ['the certificate is bad', { problems: [badCertificate] }, 'FFTFFTF InvalidCertificate'],
    ['the user wants it read-only', { readOnly: true }, 'TFFTTTF Serving'],
    ['a collection holds writes', { collecting: true }, 'TFFTTTF Serving'],
    ['the schedule is wrong', { problems: [badSchedule] }, 'TFTTFTF Serving'],
    ['it is scheduled', { schedule: { active: true, reason: 'Scheduled', message: '' } }, 'TFFTFTT Serving'],
    ['TLS is off', { tls: 'disabled', certificateEnd: undefined }, 'TFFFFTF Serving'],
    ['the volume grows', { volume: { ...healthy.volume!, growth: growing } }, 'TTFTFTF Serving'],
    ['the volume cannot grow', { problems: [noExpansion] }, 'TFTTFFF Serving'],
    ['the storage is full', storage({ fullness: 'full' }), 'TFFTFFF Serving'],
    ['the storage is nearly full', storage({ fullness: 'nearlyFull' }), 'TFFTFTF Serving'],
    ['replicas see different stores', { problems: [strangers] }, 'FFTTFFF StoresApart'],
    ['the claim is not bound', { volume: { ...healthy.volume!, capacity: undefined } }, 'TFFTFUF Serving'],
    ['nothing is to run', workload({ wanted: 0, ready: 0 }), 'FFFTFTF NoReplicas'],
  ])('when %s', (_, change, expected) => {
    expect(verdict(change)).toBe(expected);
  });

  it('tells the story in the message of Ready', () => {
    const message = (change: Partial<Findings>): string =>
      summarize({ ...healthy, ...change })[0]?.message ?? '';
    expect(message({})).toBe('2 of 2 replicas serve https://registry.example');
    expect(message(workload({ ready: 1, trouble: 'pod x is in Y' }))).toBe(
      '1 of 2 replicas are ready; pod x is in Y',
    );
    expect(message({ problems: [missing] })).toBe('spec.auth: no password');
  });

  it('says of which generation it speaks, from first sight on', () => {
    expect(summarize(healthy).every(({ observedGeneration }) => observedGeneration === 3)).toBe(true);
    expect(firstSight(1)).toMatchObject([
      { type: 'Ready', status: 'False', observedGeneration: 1 },
      { type: 'Reconciling', status: 'True', observedGeneration: 1 },
    ]);
  });
});
