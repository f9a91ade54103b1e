import { findCondition, type ServedRegistry } from '@wharfinger/operator';
import { registries } from '../cluster/kinds.ts';
import { waitFor } from '../cluster/waiting.ts';
import { durationMs } from '../command-line/duration.ts';
import { UsageError } from '../command-line/usage-error.ts';
import type { Session } from '../session.ts';

const defaultLimitMs = 300_000;

/** Refuses pushes and deletions, takes them again, or tells which of both holds. @throws UsageError, CommandError */
export async function readOnly(session: Session, [wish = '']: readonly string[]): Promise<void> {
  if (wish === 'status') return tell(session, session.registry);
  if (wish !== 'on' && wish !== 'off') throw new UsageError(`read-only takes on, off or status, not ${wish}`);
  const { cluster, registry, flags, terminal } = session;
  if (flags.output === 'json') throw new UsageError('--output json goes with read-only status');
  const { name, namespace } = registry.metadata;
  const limitMs = flags.timeout === undefined ? defaultLimitMs : durationMs(flags.timeout, 'timeout');
  const ref = { namespace, name };
  const patched = await cluster.client.patchMerge(registries, ref, { spec: { readOnly: wish === 'on' } });
  let last = patched;
  let told = '';
  const look = async (): Promise<true | undefined> => {
    last = await cluster.client.get(registries, ref);
    if (holds(last, wish === 'on', patched.metadata.generation)) return true;
    const sentence = sentenceOf(last);
    if (sentence !== told) terminal.progress(sentence);
    told = sentence;
    return undefined;
  };
  await waitFor(look, { limitMs, late: () => `Registry ${name} is not there yet: ${sentenceOf(last)}` });
  tell(session, last);
}

/** Whether every pod does what was asked for in this generation of the Registry. */
export function holds({ status }: ServedRegistry, wish: boolean, generation = 0): boolean {
  const condition = findCondition(status?.conditions ?? [], 'ReadOnly');
  if ((condition?.observedGeneration ?? -1) < generation) return false;
  // A garbage collection under way makes it True for another reason.
  return wish ? condition?.reason === 'SpecReadOnly' : condition?.status === 'False';
}

function tell({ flags, terminal }: Session, registry: ServedRegistry): void {
  if (flags.output !== 'json') return terminal.result(sentenceOf(registry));
  const condition = findCondition(registry.status?.conditions ?? [], 'ReadOnly');
  terminal.result(JSON.stringify(condition ?? null, null, 2));
}

/** In which state a Registry is, in one line. */
export function sentenceOf({ metadata, status }: ServedRegistry): string {
  const condition = findCondition(status?.conditions ?? [], 'ReadOnly');
  const words = { True: 'read-only', False: 'writable', Unknown: 'changing' };
  const word = words[condition?.status ?? 'Unknown'];
  return `${metadata.name} is ${word}${condition?.message ? `: ${condition.message}` : ''}`;
}
