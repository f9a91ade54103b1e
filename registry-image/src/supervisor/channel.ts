/** Sends a message to the parent process and calls `then` when it has gone out, or at once when the parent has gone. */
export function sendToParent(message: object, then: () => void = () => {}): void {
  if (!process.connected || !process.send) return then();
  process.send(message, undefined, undefined, then);
}
