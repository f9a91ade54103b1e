import { createHash } from 'node:crypto';
import { maintenanceHash, RegistryMaintenance, type RegistryState } from '@wharfinger/registry/config';

/** What every replica should say it uses; undefined: not known now, so anything goes. */
export interface Expectation {
  /** Text of registry.json. */
  readonly maintenance: string | undefined;
  /** Text of the htpasswd file; '' when there is none. */
  readonly htpasswd: string | undefined;
  /** Fingerprint of the serving certificate; '' when TLS is off. */
  readonly certificate: string | undefined;
  /** What the kubelets are to grow the file system to: nobody confirms it, but a kubelet looks at the volumes of a pod at once when the pod changes. */
  readonly growing?: string;
}

/** The expectation as a short name, to remember which replica has confirmed it. */
export function expectationDigest(expected: Expectation): string {
  const parts = [expected.maintenance, expected.htpasswd, expected.certificate, expected.growing];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** What a replica has not taken up yet, for people; empty when it confirms all. */
export function unconfirmed(state: RegistryState, expected: Expectation): string[] {
  const { maintenance, htpasswd, certificate } = expected;
  const file = htpasswd === undefined || htpasswd === '' ? htpasswd : sha256(htpasswd);
  return [
    ...(maintenance === undefined || holds(state, maintenance) ? [] : ['read-only setting']),
    ...(file === undefined || state.htpasswd === file ? [] : ['users']),
    ...(certificate === undefined || state.certificate === certificate ? [] : ['certificate']),
  ];
}

/** The supervisor names a text as soon as it has read it; what its workers do shows in `writes`. */
function holds({ observed, writes }: RegistryState, maintenance: string): boolean {
  const { readOnly } = RegistryMaintenance.parse(JSON.parse(maintenance));
  return observed.registry === maintenanceHash(maintenance) && (writes === 'readOnly') === readOnly;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
