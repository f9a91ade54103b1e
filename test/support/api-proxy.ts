import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A write that an operator sent to the API server. */
export interface Write {
  readonly method: string;
  readonly path: string;
}

/** What stands between an operator and the API server. */
export interface ApiProxy {
  readonly url: string;
  /** Writes seen since the last `arm`, leases and Events aside. */
  readonly writes: readonly Write[];
  /** Starts counting anew; `kill` is called once, before write number `at` reaches the API server or after it was carried out. */
  arm(plan?: { at: number; when: 'before' | 'after'; kill: () => void }): void;
  close(): Promise<void>;
}

interface Plan {
  readonly at: number;
  readonly when: 'before' | 'after';
  readonly kill: () => void;
}

/** Forwards every request to the API server with `token`, as the operator's own service account would send it. */
export async function startApiProxy(server: string, ca: string, token: string): Promise<ApiProxy> {
  const agent = new Agent({ ca, keepAlive: true });
  let writes: Write[] = [];
  let plan: Plan | undefined;

  function handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = 'GET', url = '/' } = incoming;
    const counted = method !== 'GET' && !/\/(leases|events)(\/|\?|$)/.test(url);
    if (counted) writes.push({ method, path: url.split('?')[0] ?? '' });
    const due = counted && plan?.at === writes.length ? plan : undefined;
    if (due?.when === 'before') {
      plan = undefined;
      due.kill();
      incoming.socket.destroy();
      return;
    }
    const headers = { ...incoming.headers, host: new URL(server).host, authorization: `Bearer ${token}` };
    const forwarded = request(new URL(url, server), { method, headers, agent }, (answer) => {
      if (due) {
        plan = undefined;
        answer.resume();
        answer.on('end', () => {
          due.kill();
          incoming.socket.destroy();
        });
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  }

  const proxy = createServer(handle);
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    get writes() {
      return writes;
    },
    arm(next) {
      writes = [];
      plan = next;
    },
    async close() {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
      agent.destroy();
    },
  };
}
