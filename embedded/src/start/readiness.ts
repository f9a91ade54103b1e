/** The part of a condition that says how an object is doing. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** An object with conditions by the Kubernetes API conventions. */
export interface Conditioned {
  readonly metadata: { readonly generation?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly Condition[];
    /** Image that the pods run. */
    readonly image?: string;
  };
}

/**
 * Whether the object is Ready in its present generation and on `image`: after an update of the operator, the status may for
 * a moment still be of the image before.
 */
export function isReady({ metadata, status }: Conditioned, image: string): boolean {
  const current =
    (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) && isSameImage(status?.image, image);
  return current && status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}

/** A digest alone identifies an image, whatever tag is named beside it. */
function isSameImage(actual: string | undefined, wanted: string): boolean {
  const digest = wanted.split('@')[1];
  return digest === undefined ? actual === wanted : actual?.endsWith(`@${digest}`) === true;
}

/** One line for each condition of `now` that differs from `before`, like `Ready=False (Pending: waiting for …)`. */
export function changedConditions(before: Conditioned | undefined, now: Conditioned): string[] {
  const known = new Map(
    before?.status?.conditions?.map((condition) => [condition.type, conditionLine(condition)]),
  );
  return (now.status?.conditions ?? [])
    .filter((condition) => known.get(condition.type) !== conditionLine(condition))
    .map(conditionLine);
}

/** Why the object is not Ready, in one sentence. */
export function whyNotReady(object: Conditioned | undefined): string {
  const conditions = object?.status?.conditions ?? [];
  const telling = conditions.find(({ type, status }) => type === 'Stalled' && status === 'True');
  const condition = telling ?? conditions.find(({ type }) => type === 'Ready');
  if (!condition) return 'The operator has written no status yet.';
  return (
    condition.message ||
    `${condition.type} is ${condition.status} (${condition.reason ?? 'no reason given'}).`
  );
}

function conditionLine({ type, status, reason, message }: Condition): string {
  const why = [reason, message].filter((part) => part !== undefined && part !== '').join(': ');
  return `${type}=${status}${why === '' ? '' : ` (${why})`}`;
}
