import { lstat, unlink } from 'node:fs/promises';
import { connect, type ListenOptions, type Server } from 'node:net';

/**
 * Splits `:5000`, `127.0.0.1:5000`, `[::1]:5000` or `localhost:5000`, addresses as Go writes them; no host means every
 * address of the machine. Throws an error that names `setting` for anything else.
 */
export function parseListenAddress(address: string, setting: string): { host?: string; port: number } {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new Error(
      `${setting}: '${address}' is not an address to listen on, write it like ':5000' or '127.0.0.1:5000'`,
    );
  }
  const host = match[1] ?? match[2];
  return host ? { host, port } : { port };
}

/**
 * Removes the socket file that a server which was killed has left at `path`. Throws an error of one sentence that names
 * `setting` when somebody listens there, or when what is there is no socket.
 */
export async function removeStaleSocket(path: string, setting: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket()) {
    throw new Error(`${setting}: '${path}' exists and is not a socket, remove it or choose another path`);
  }
  if (await isListening(path)) {
    throw new Error(`${setting}: cannot listen on '${path}': ${problems['EADDRINUSE']}`);
  }
  await unlink(path);
}

/** Anything but a refusal may be a server that is busy, or that this process may not talk to. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}

const problems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there already',
  EACCES: 'this process may not listen there, use a port above 1023 or allow it',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the host name is unknown',
  ENOENT: 'the directory does not exist',
};

/**
 * Listens on `address` (for `net` unix: on that path) and gives the place, with the port that the system chose for 0.
 * Throws an error of one sentence that names `setting`.
 */
export function listen(
  server: Server,
  address: string,
  setting: string,
  net: 'tcp' | 'unix' = 'tcp',
): Promise<string> {
  const where: ListenOptions = net === 'unix' ? { path: address } : parseListenAddress(address, setting);
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const problem = problems[error.code ?? ''] ?? error.message;
      reject(new Error(`${setting}: cannot listen on '${address}': ${problem}`));
    };
    server.once('error', fail);
    server.listen(where, () => {
      server.removeListener('error', fail);
      resolve(placeOf(server));
    });
  });
}

function placeOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return address ?? '';
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `${host}:${address.port}`;
}
