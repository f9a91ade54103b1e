/** metav1.Condition (Kubernetes API conventions, "Typical status properties"). */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  /** CamelCase, never empty. */
  reason: string;
  message: string;
  /** When `status` last changed: RFC 3339, whole seconds. */
  lastTransitionTime: string;
  observedGeneration?: number;
}

export type ConditionUpdate = Omit<Condition, 'lastTransitionTime'>;

/**
 * The conditions after an update, in their old order with new types at the end; the input is not changed.
 * `lastTransitionTime` becomes `now` only for a type that is new or whose status changed.
 */
export function setCondition(
  conditions: readonly Condition[],
  update: ConditionUpdate,
  now: Date = new Date(),
): Condition[] {
  const previous = findCondition(conditions, update.type);
  const kept = previous?.status === update.status ? previous.lastTransitionTime : undefined;
  const next: Condition = {
    type: update.type,
    status: update.status,
    reason: update.reason,
    message: update.message,
    lastTransitionTime: kept ?? conditionTime(now),
    ...(update.observedGeneration === undefined ? {} : { observedGeneration: update.observedGeneration }),
  };
  if (previous === undefined) return [...conditions, next];
  return conditions.map((condition) => (condition.type === update.type ? next : condition));
}

/** The conditions after several updates, as by `setCondition` one after the other. */
export function setConditions(
  conditions: readonly Condition[],
  updates: readonly ConditionUpdate[],
  now: Date = new Date(),
): Condition[] {
  return updates.reduce<Condition[]>(
    (current, update) => setCondition(current, update, now),
    [...conditions],
  );
}

/** The conditions without one type. */
export function removeCondition(conditions: readonly Condition[], type: string): Condition[] {
  return conditions.filter((condition) => condition.type !== type);
}

export function findCondition(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

/** True when the condition is there and its status is `True`. */
export function isConditionTrue(conditions: readonly Condition[], type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/** metav1.Time has whole seconds. */
function conditionTime(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
