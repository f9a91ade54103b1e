import type { Socket } from 'node:net';

/** What a client of HTTP/2 sends first of all (RFC 9113, 3.4). */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/**
 * Waits for as many bytes of a new connection as tell HTTP/2 from HTTP/1.1, gives them back to the socket and calls `then`.
 * @param limit milliseconds after which a client that has not sent them is cut off
 */
export function awaitPreface(socket: Socket, limit: number, then: (isHttp2: boolean) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), limit);
  socket.once('close', () => clearTimeout(timer));
  // Whoever takes the socket over adds its own listener.
  const ignore = (): void => {};
  socket.on('error', ignore);
  // It ends before it has told, as the connections of probes do.
  const end = (): void => void socket.destroy();
  socket.once('end', end);
  socket.on('readable', look);

  function look(): void {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    seen = Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, preface.length);
    const matches = seen.subarray(0, length).equals(preface.subarray(0, length));
    if (matches && length < preface.length) return;
    clearTimeout(timer);
    socket.removeListener('readable', look);
    socket.removeListener('end', end);
    socket.unshift(seen);
    then(matches);
    socket.removeListener('error', ignore);
  }
}
