import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export interface ForwardProxy {
  readonly port: number;
  /** What was asked of it: `CONNECT host:port`, or the method and URL. */
  readonly requests: readonly string[];
  close(): void;
}

/** An HTTP proxy at `address` that reaches every host at this machine, whatever its name. */
export async function forwardProxy(address: string): Promise<ForwardProxy> {
  const requests: string[] = [];
  const server: Server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '', 'http://none');
    requests.push(`${incoming.method} ${url.href}`);
    const { method, headers } = incoming;
    const path = url.pathname + url.search;
    const forwarded = request({ host: address, port: url.port || 80, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(forwarded);
  });
  server.on('connect', (incoming, socket, head) => {
    requests.push(`CONNECT ${incoming.url}`);
    const upstream = connect(Number(incoming.url?.split(':').at(-1)), address, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, address, listening));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
