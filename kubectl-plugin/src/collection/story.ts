import type { GarbageCollectionStatus } from '@wharfinger/operator';

type Step = NonNullable<GarbageCollectionStatus['steps']>[number];

/** The lines that tell what happened to a run between two looks at its status: a line for each step and each new message. */
export function story(
  before: GarbageCollectionStatus | undefined,
  after: GarbageCollectionStatus | undefined,
): string[] {
  const { steps = [], phase, message } = after ?? {};
  const known = new Set((before?.steps ?? []).map(keyOf));
  const fresh = steps.filter((step) => !known.has(keyOf(step)));
  const began = Date.parse(steps[0]?.startTime ?? '');
  const lines = fresh.map((step) => {
    const isPresent = step === steps.at(-1) && step.name === phase;
    const told = (isPresent ? message : step.message) ?? '';
    return line(
      `[${((Date.parse(step.startTime) - began) / 1000).toFixed(1).padStart(6)}s]`,
      step.name,
      told,
    );
  });
  // The last word is the command's result, not a line of the way to it.
  const isNews = fresh.length === 0 && message !== undefined && message !== before?.message;
  return isNews && !isOver(after) ? [line(' '.repeat(9), phase ?? '', message)] : lines;
}

/** Whether a run has ended. */
export function isOver(status: GarbageCollectionStatus | undefined): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

function keyOf({ name, startTime }: Step): string {
  return `${name} ${startTime}`;
}

function line(time: string, name: string, text: string): string {
  return `${time} ${name.padEnd(16)} ${text}`.trimEnd();
}
