import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from './options.ts';

/** Path -> what it answers. */
export type Pages = Readonly<Record<string, () => Page | Promise<Page>>>;

export interface Page {
  status: number;
  body: string;
  contentType?: string;
}

export interface PageServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves GET of a few plain pages: health, readiness, metrics. Rejects when the address cannot be listened on. */
export async function servePages(address: Address, pages: Pages): Promise<PageServer> {
  const server = createServer((request, response) => {
    void respond(request, response, pages);
  });
  await listen(server, address);
  const { port } = server.address() as AddressInfo;
  return { port, close: () => close(server) };
}

async function respond(request: IncomingMessage, response: ServerResponse, pages: Pages): Promise<void> {
  const { status, body, contentType = 'text/plain; charset=utf-8' } = await answer(request.url ?? '', pages);
  response.writeHead(status, { 'content-type': contentType }).end(body);
}

async function answer(url: string, pages: Pages): Promise<Page> {
  const page = pages[url.split('?')[0] ?? ''];
  if (page === undefined) return { status: 404, body: 'not found\n' };
  try {
    return await page();
  } catch {
    return { status: 500, body: 'failed\n' };
  }
}

function listen(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === '' ? {} : { host }) }, resolve);
  });
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
