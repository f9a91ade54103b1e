import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:net';
import type { Config } from '../config/schema.ts';
import type { RegistryState } from '../config/state.ts';
import type { Log } from '../telemetry/log.ts';
import { checkTlsMaterial } from '../tls/material.ts';
import { listen } from './listen.ts';
import { readTexts, watchFiles } from './watched-files.ts';

export interface StateServerOptions {
  readonly state: NonNullable<Config['wharfinger']['state']>;
  readonly answer: () => Promise<RegistryState>;
  /** The plan of a dry run, as JSON text. */
  readonly plan: (run: string) => string | undefined;
  readonly log: Log;
}

interface Material {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

const section = 'wharfinger.state';

/**
 * Serves `GET /state` and, of the last dry run, `GET /plan?run=UID` to clients with a certificate from `clientca`, and takes a new certificate or CA live.
 * Throws an error of one sentence when it cannot.
 */
export async function startStateServer(options: StateServerOptions): Promise<Server> {
  const { state, log } = options;
  const paths = [state.certificate, state.key, state.clientca];
  let current = '';

  function materialOf(texts: Readonly<Record<string, string | null>>): Material {
    const [cert, key, ca] = paths.map((path) => texts[path] ?? '');
    const material = { cert: cert ?? '', key: key ?? '', ca: ca ?? '' };
    checkTlsMaterial({ certificate: material.cert, key: material.key }, section);
    current = JSON.stringify(material);
    return material;
  }

  const first = materialOf(await readTexts(paths));
  const server = createServer(
    { ...first, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      answer(request, response, options).catch((error: unknown) => {
        log.error({ err: error }, 'state endpoint');
        respond(response, 500, { error: 'the state could not be read' });
      });
    },
  );
  const files = watchFiles({
    paths,
    onLook(texts) {
      const [cert, key, ca] = paths.map((path) => texts[path] ?? '');
      if (JSON.stringify({ cert, key, ca }) === current) return;
      server.setSecureContext({ ...materialOf(texts), minVersion: 'TLSv1.3' });
      log.info('new certificate of the state endpoint');
    },
    onError: (error) => log.warn({ err: error }, 'the certificate of the state endpoint cannot be renewed'),
  });
  await files.look();
  server.on('close', () => files.close());
  const address = await listen(server, state.addr, `${section}.addr`);
  log.info({ address }, 'state endpoint listening');
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { answer: state, plan }: Pick<StateServerOptions, 'answer' | 'plan'>,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '', 'https://state');
  if (pathname !== '/state' && pathname !== '/plan') {
    return respond(response, 404, { error: 'there are only /state and /plan here' });
  }
  if (request.method !== 'GET') {
    response.setHeader('Allow', 'GET');
    return respond(response, 405, { error: 'this can only be read' });
  }
  if (pathname === '/state') return respond(response, 200, await state());
  const run = searchParams.get('run') ?? '';
  const text = plan(run);
  if (text === undefined) return respond(response, 404, { error: `there is no plan of run '${run}' here` });
  respondText(response, 200, text);
}

function respond(response: ServerResponse, status: number, body: object): void {
  respondText(response, status, JSON.stringify(body));
}

function respondText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(text);
}
