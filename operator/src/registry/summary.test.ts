import { describe, expect, it } from 'vitest';
import { stalled, waiting } from './problem.ts';
import { type Findings, firstSight, summarize } from './summary.ts';

const healthy: Findings = {
  generation: 3,
  url: 'https://registry.example',
  problems: [],
  tls: 'enabled',
  authority: undefined,
  certificateEnd: new Date('2036-11-18T00:00:00Z'),
  workload: { wanted: 2, ready: 2, rolledOut: true, trouble: undefined },
  lagging: [],
  readOnly: false,
  collecting: false,
  schedule: undefined,
  exposure: { exposed: true, reason: 'Service', message: 'Service a leads to the Registry' },
  sharing: undefined,
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
const noConsent = { ...stalled('ConsentMissing', 'label it'), about: 'sharing' as const };
const badCertificate = stalled('InvalidCertificate', 'spec.tls.secretName: expired', 'certificate');

/** Ready, Reconciling, Stalled, CertificateReady, ReadOnly, StorageReady, Exposed, GarbageCollectionScheduled, Shared (not Suspended) as T, F or U, then the reason of Ready. */
function verdict(change: Partial<Findings>): string {
  const conditions = summarize({ ...healthy, ...change });
  const letters = conditions
    .filter(({ type }) => type !== 'Suspended')
    .map(({ status }) => status[0])
    .join('');
  return `${letters} ${conditions[0]?.reason}`;
}

describe('the summary', () => {
  it.each<[string, Partial<Findings>, string]>([
    ['all is well', {}, 'TFFTFTTFF Serving'],
    ['there is no StatefulSet yet', { workload: undefined }, 'FTFTFTTFF Creating'],
    ['a pod is missing', workload({ ready: 1 }), 'FTFTFTTFF Starting'],
    ['a template rolls out', workload({ rolledOut: false }), 'FTFTFTTFF RollingOut'],
    ['a pod is in trouble', workload({ ready: 1, trouble: 'pod x is in Y' }), 'FTFTFTTFF PodTrouble'],
    ['a replica lags', { lagging: [{ pod: 'x-0', lacks: 'users', forMs: 0 }] }, 'FTFTUTTFF Synchronizing'],
    ['a person is needed', { problems: [missing] }, 'FFTTFTTFF PasswordMissing'],
    [
      'a person is needed, and a pod is missing',
      { ...workload({ ready: 1 }), problems: [missing] },
      'FFTTFTTFF PasswordMissing',
    ],
    [
      'something passes',
      { problems: [waiting('PredecessorRemains', 'wait')] },
      'FTFTFTTFF PredecessorRemains',
    ],
    ['the certificate is bad', { problems: [badCertificate] }, 'FFTFFTTFF InvalidCertificate'],
    ['the user wants it read-only', { readOnly: true }, 'TFFTTTTFF Serving'],
    ['a collection holds writes', { collecting: true }, 'TFFTTTTFF Serving'],
    ['the schedule is wrong', { problems: [badSchedule] }, 'TFTTFTTFF Serving'],
    [
      'it is scheduled',
      { schedule: { active: true, reason: 'Scheduled', message: '' } },
      'TFFTFTTTF Serving',
    ],
    ['something is given away', { sharing: { objects: 2, namespaces: 1 } }, 'TFFTFTTFT Serving'],
    ['a namespace does not consent', { problems: [noConsent] }, 'TFTTFTTFF Serving'],
    ['TLS is off', { tls: 'disabled', certificateEnd: undefined }, 'TFFFFTTFF Serving'],
    ['nothing is to run', workload({ wanted: 0, ready: 0 }), 'FFFTFTTFF NoReplicas'],
    ['the volume grows', { volume: { ...healthy.volume!, growth: growing } }, 'TTFTFTTFF Serving'],
    ['the volume cannot grow', { problems: [noExpansion] }, 'TFTTFFTFF Serving'],
    ['the storage is full', storage({ fullness: 'full' }), 'TFFTFFTFF Serving'],
    ['the storage is nearly full', storage({ fullness: 'nearlyFull' }), 'TFFTFTTFF Serving'],
    ['replicas see different stores', { problems: [strangers] }, 'FFTTFFTFF StoresApart'],
    ['the claim is not bound', { volume: { ...healthy.volume!, capacity: undefined } }, 'TFFTFUTFF Serving'],
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

describe('Exposed', () => {
  const absent = stalled('GatewayAPIMissing', 'install it', 'exposure');
  const pending = { exposed: false, reason: 'RoutePending', message: 'no Gateway has taken it' };

  it.each<[string, Partial<Findings>, string]>([
    ['is true when something leads to the registry', {}, 'True Service'],
    ['says why nothing does', { exposure: pending }, 'False RoutePending'],
    ['names the problem of its step', { problems: [absent], exposure: undefined }, 'False GatewayAPIMissing'],
    ['is unknown when its steps failed otherwise', { exposure: undefined }, 'Unknown Unknown'],
  ])('%s', (_name, change, expected) => {
    const found = summarize({ ...healthy, ...change }).find(({ type }) => type === 'Exposed');
    expect(`${found?.status} ${found?.reason}`).toBe(expected);
  });

  it('keeps nobody from being Ready, unless a person has to act', () => {
    expect(verdict({ exposure: pending })).toBe('TFFTFTFFF Serving');
    expect(verdict({ problems: [absent], exposure: undefined })).toBe('FFTTFTFFF GatewayAPIMissing');
  });
});
