import { type IncomingHttpHeaders, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { CommandError } from '../command-error.ts';
import type { Credential, Login } from './credentials.ts';
import { createStreamAgent, mostConnections, type RegistryAddress } from './stream-agent.ts';

export interface RegistryAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Requests to one registry, as the first of some users who may make them. */
export interface RegistryClient {
  /** The answer, whatever its status. Rejects with one sentence when there is none. */
  call(method: 'GET' | 'HEAD' | 'DELETE', path: string, accept?: string): Promise<RegistryAnswer>;
  close(): void;
}

export interface RegistryClientOptions extends RegistryAddress {
  /** Nobody: no credentials are sent. */
  readonly logins: readonly Login[];
}

/** Milliseconds; a deletion may be held for 10 s while a garbage collection sweeps. */
const answerMs = 60_000;

export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { hostname, logins } = options;
  const agent = createStreamAgent(options);
  const credentials = new Map<number, Promise<Credential | undefined>>();
  let user = 0;

  async function call(
    method: 'GET' | 'HEAD' | 'DELETE',
    path: string,
    accept?: string,
  ): Promise<RegistryAnswer> {
    for (;;) {
      const asked = user;
      const credential = await credentialOf(asked);
      const known = credential !== undefined || logins.length === 0;
      const answer = known ? await send({ method, path, accept, credential }) : undefined;
      if (answer !== undefined && answer.status !== 401 && answer.status !== 403) return answer;
      if (asked + 1 >= logins.length) return answer ?? nobody();
      // Another call may have gone on to the next user meanwhile.
      if (user === asked) user += 1;
    }
  }

  function credentialOf(index: number): Promise<Credential | undefined> {
    const known = credentials.get(index) ?? logins[index]?.() ?? Promise.resolve(undefined);
    credentials.set(index, known);
    return known;
  }

  /** A serving process that is being replaced ends resting connections, perhaps just when they are used again, and cuts new ones. */
  async function send(sent: Sent): Promise<RegistryAnswer> {
    for (let cut = 0; ; cut += 1) {
      try {
        return await exchange(sent);
      } catch (error) {
        if (!(error instanceof CutConnectionError) || cut === mostConnections) throw error;
      }
    }
  }

  function exchange({ method, path, accept, credential }: Sent): Promise<RegistryAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          agent,
          method,
          path,
          host: hostname,
          headers: { Host: hostname, ...(accept === undefined ? {} : { Accept: accept }) },
          auth: credential && `${credential.username}:${credential.password}`,
          signal: AbortSignal.timeout(answerMs),
        },
        (incoming) => {
          buffer(incoming).then(
            (body) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
            fail,
          );
        },
      );
      const fail = (error: Error): void => {
        if (error instanceof CommandError) return reject(error);
        if (error.name === 'AbortError') {
          return reject(new CommandError(`${method} ${path}: no answer within ${answerMs / 1000} s`));
        }
        reject(new CutConnectionError(`${method} ${path}: ${error.message}`));
      };
      outgoing.on('error', fail);
      outgoing.end();
    });
  }

  return { call, close: () => agent.destroy() };
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly accept: string | undefined;
  readonly credential: Credential | undefined;
}

class CutConnectionError extends CommandError {}

function nobody(): never {
  throw new CommandError(
    'the passwords of the users of the Registry are not there (yet); give --credentials SECRET',
  );
}
