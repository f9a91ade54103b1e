import { readFileSync } from 'node:fs';
import { binaryPath } from '@wharfinger/embedded';
import { parse } from 'yaml';
import { must } from './command.ts';

/** What GitOps tools make of an object. */
export interface Health {
  /** By the library that Flux waits with. */
  readonly kstatus: 'Current' | 'InProgress' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown';
  readonly kstatusMessage: string;
  /** By the health check that we ship for Argo CD. */
  readonly health: 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended';
  readonly healthMessage: string;
}

/** The ConfigMap of Argo CD's settings that we ship. */
export const argoSettings = 'examples/argocd/argocd-cm.yaml';

const prefix = 'resource.customizations.health.wharfinger.dev_';

/** The verdicts on objects of our kinds, by the real library and a real interpreter of Lua. */
export async function healthOf(...objects: readonly object[]): Promise<Health[]> {
  const { data } = parse(readFileSync(argoSettings, 'utf8')) as { data: Record<string, string> };
  const lua = Object.fromEntries(
    Object.entries(data).map(([key, script]) => [key.replace(prefix, ''), script] as const),
  );
  return JSON.parse(
    await must([binaryPath('health')], { input: JSON.stringify({ objects, lua }) }),
  ) as Health[];
}
