import { setTimeout as sleep } from 'node:timers/promises';
import { get, secretValue } from './kubernetes.ts';
import type { Access } from './registry-client.ts';

/** A client's view of a Registry: the CAs that it publishes and a user's password, read again every second. */
export interface TrustFollower {
  /** What is known now, with each property read when it is used. */
  readonly access: Access;
  /** From now on this user is logged in. */
  become(username: string): Promise<void>;
  /** Every bundle that was seen, in order. */
  readonly bundles: readonly string[];
  stop(): Promise<void>;
}

export function followTrust(namespace: string, name: string, start: Access): TrustFollower {
  const known = { ...start };
  const bundles = [start.ca];
  const stopping = new AbortController();
  const loop = (async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const { data } = await get('configmap', namespace, `${name}-ca`);
      const bundle = (data as Record<string, string> | undefined)?.['ca.crt'] ?? '';
      known.ca = bundle;
      if (bundles.at(-1) !== bundle) bundles.push(bundle);
      await sleep(1000);
    }
  })();
  return {
    access: known,
    bundles,
    async become(username) {
      const password = await secretValue(namespace, `${name}-user-${username}`, 'password');
      Object.assign(known, { username, password });
    },
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
