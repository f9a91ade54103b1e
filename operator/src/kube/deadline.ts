export interface Deadline {
  /** Aborts when the outer signal does or the time is up. */
  signal: AbortSignal;
  /** Must be called when the work is done: frees the timer and the listener on the outer signal. */
  clear(): void;
}

/** A signal that aborts with `outer`, or after `ms` milliseconds with a TimeoutError. */
export function createDeadline(ms: number, outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  const onOuter = (): void => controller.abort(outer?.reason);
  const timer = setTimeout(() => {
    controller.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError'));
  }, ms);
  if (outer?.aborted) onOuter();
  else outer?.addEventListener('abort', onOuter, { once: true });
  return {
    signal: controller.signal,
    clear(): void {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onOuter);
    },
  };
}
