import type { ConditionUpdate } from './conditions.ts';

/** What a condition says, of whatever type and generation. */
export type Verdict = Omit<ConditionUpdate, 'type' | 'observedGeneration'>;

/** A condition for each verdict, in this order. */
export function conditionsOf(
  verdicts: Readonly<Partial<Record<string, Verdict>>>,
  observedGeneration: number,
): ConditionUpdate[] {
  return Object.entries(verdicts).flatMap(([type, verdict]) =>
    verdict === undefined ? [] : [{ type, ...verdict, observedGeneration }],
  );
}

/** The conditions of an object that is seen for the first time: without any it counts as healthy for many tools. */
export function beginning(
  told: Pick<Verdict, 'reason' | 'message'>,
  observedGeneration: number,
): ConditionUpdate[] {
  return conditionsOf(
    { Ready: { status: 'False', ...told }, Reconciling: { status: 'True', ...told } },
    observedGeneration,
  );
}

/** The conditions of an object whose spec this operator cannot read. */
export function unreadable(observedGeneration: number, message: string): ConditionUpdate[] {
  const told = { reason: 'InvalidSpec', message };
  return conditionsOf(
    {
      Ready: { status: 'False', ...told },
      Reconciling: { status: 'False', ...told },
      Stalled: { status: 'True', ...told },
    },
    observedGeneration,
  );
}
