import type { ListenOptions, Server } from 'node:net';

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

const problems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there already',
  EACCES: 'this process may not listen there, use a port above 1023 or allow it',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the host name is unknown',
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
