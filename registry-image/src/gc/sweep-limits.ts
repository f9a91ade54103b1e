/** Milliseconds before the end of a window at which nothing more is moved. */
const margin = 500;

/** Is aborted shortly before a window ends. @param deadline its end, milliseconds since the epoch */
export function endOfWindow(deadline: number): AbortSignal {
  const end = new AbortController();
  const reason = new Error('the sweep was not done when the window was about to end');
  setTimeout(() => end.abort(reason), deadline - Date.now() - margin).unref();
  return end.signal;
}

/**
 * Tells when a sweep has moved things for so many milliseconds. They begin with the first move, so that every window brings the run
 * forward.
 */
export function untilSpent(budget: number): () => boolean {
  let begun: number | undefined;
  return () => performance.now() - (begun ??= performance.now()) > budget;
}
