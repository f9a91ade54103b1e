/** Arguments that cannot be used; the message is one sentence that says which and why. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
