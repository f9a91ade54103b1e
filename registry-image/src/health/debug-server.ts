import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface DebugServerOptions {
  /** What is wrong, by the name of the check; empty when all is well. */
  readonly problems: () => Readonly<Record<string, string>>;
  /** Takes requests with all the workers that are configured. */
  readonly ready: () => boolean;
  /** The metrics and the path they are read at; absent when they are off. */
  readonly metrics?: {
    readonly path: string;
    readonly render: () => Promise<{ type: string; text: string }>;
  };
}

/**
 * Serves `/debug/health` (200, or 503 with the failing checks as JSON, as distribution answers) and `/debug/ready` (200 or
 * 503) and the metrics.
 */
export function createDebugServer(options: DebugServerOptions): ReturnType<typeof createServer> {
  const { metrics } = options;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return respond(response, 405, { error: 'only GET' });
    if (path === '/debug/health') {
      const problems = options.problems();
      return respond(response, Object.keys(problems).length > 0 ? 503 : 200, problems);
    }
    if (path === '/debug/ready') {
      const ready = options.ready();
      return respond(response, ready ? 200 : 503, { ready });
    }
    if (metrics && path === metrics.path) {
      const { type, text } = await metrics.render();
      response.writeHead(200, { 'Content-Type': type });
      response.end(text);
      return;
    }
    respond(response, 404, { error: 'not found' });
  }

  return createServer((request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) respond(response, 500, { error: 'the metrics could not be made' });
    });
  });
}

function respond(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
