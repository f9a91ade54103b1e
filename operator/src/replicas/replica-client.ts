import { createHash } from 'node:crypto';
import { Agent, request } from 'node:https';
import { RegistryState } from '@wharfinger/registry/config';

export interface ClientCertificate {
  /** PEM. */
  cert: string;
  key: string;
  /** PEM of the CA that signed the replicas' serving certificates. */
  ca: string;
}

export interface ReplicaClientOptions {
  /** Asked before each connection, so that a rotated certificate is taken up. */
  clientCertificate: () => ClientCertificate;
}

export interface ReplicaAddress {
  podIP: string;
  /** `POD.NAME-pods.NAMESPACE.wharfinger.internal`: sent as SNI and checked against the certificate. */
  serverName: string;
  port: number;
}

/** Reads what holds in a registry pod, from its state endpoint. */
export interface ReplicaClient {
  /** Rejects with `ReplicaError` when there is no valid answer within `timeoutMs` in all, connection included. */
  state(address: ReplicaAddress, timeoutMs: number): Promise<RegistryState>;
  /**
   * The plan of a run, a JSON document; undefined when the replica has none. Rejects with `ReplicaError` when there is no valid answer
   * within `timeoutMs` in all, or when it is longer than `longestPlan` bytes.
   */
  plan(address: ReplicaAddress, run: string, timeoutMs: number): Promise<unknown>;
  /** Ends the kept-alive connections. */
  close(): void;
}

/** The replica did not answer validly in time; the message says what happened, without the name of the pod. */
export class ReplicaError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ReplicaError';
  }
}

const longestState = 1024 * 1024;
const longestPlan = 16 * 1024 * 1024;

export function createReplicaClient(options: ReplicaClientOptions): ReplicaClient {
  let pool: { agent: Agent; fingerprint: string } | undefined;

  function currentAgent(): Agent {
    const { cert, key, ca } = options.clientCertificate();
    const fingerprint = createHash('sha256').update(`${cert}\0${key}\0${ca}`).digest('hex');
    if (pool?.fingerprint === fingerprint) return pool.agent;
    pool?.agent.destroy();
    // Kept alive for less time than an HTTP server of Node keeps an idle connection (5 s), so that none is met half closed.
    const agent = new Agent({
      cert,
      key,
      ca,
      minVersion: 'TLSv1.3',
      keepAlive: true,
      timeout: 3_000,
      maxFreeSockets: 1,
    });
    pool = { agent, fingerprint };
    return agent;
  }

  async function state(address: ReplicaAddress, timeoutMs: number): Promise<RegistryState> {
    const { status, text } = await get(currentAgent(), address, { ...stateRequest, timeoutMs });
    requireOk(status);
    const parsed = RegistryState.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    throw new ReplicaError(
      `the state endpoint's answer is not valid: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    );
  }

  async function plan(address: ReplicaAddress, run: string, timeoutMs: number): Promise<unknown> {
    const path = `/plan?run=${encodeURIComponent(run)}`;
    const { status, text } = await get(currentAgent(), address, { path, longest: longestPlan, timeoutMs });
    if (status === 404) return undefined;
    requireOk(status);
    const document = parseJson(text);
    if (document === undefined) throw new ReplicaError("the state endpoint's plan is not JSON");
    return document;
  }

  function close(): void {
    pool?.agent.destroy();
    pool = undefined;
  }

  return { state, plan, close };
}

interface Question {
  path: string;
  /** Bytes of the longest answer that is taken. */
  longest: number;
  timeoutMs: number;
}

const stateRequest = { path: '/state', longest: longestState };

function requireOk(status: number | undefined): void {
  if (status !== 200) throw new ReplicaError(`the state endpoint answered ${status}`);
}

function get(
  agent: Agent,
  address: ReplicaAddress,
  { path, longest, timeoutMs }: Question,
): Promise<{ status: number | undefined; text: string }> {
  // A stopped process still accepts connections and never answers: the time-out is on the whole, not on silence.
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(failureOf(error, signal, timeoutMs));
    const { podIP: host, port, serverName: servername } = address;
    const headers = { host: servername, accept: 'application/json' };
    const call = request(
      { host, port, servername, path, method: 'GET', agent, headers, signal },
      (answer) => {
        const chunks: Buffer[] = [];
        let length = 0;
        answer.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length > longest) answer.destroy(new Error(`the answer is longer than ${longest} bytes`));
        });
        answer.on('error', fail);
        answer.on('end', () =>
          resolve({ status: answer.statusCode, text: Buffer.concat(chunks).toString() }),
        );
      },
    );
    call.on('error', fail);
    call.end();
  });
}

function failureOf(error: unknown, signal: AbortSignal, timeoutMs: number): ReplicaError {
  if (signal.aborted)
    return new ReplicaError(`the state endpoint did not answer within ${timeoutMs} ms`, error);
  const message = error instanceof Error ? error.message : String(error);
  return new ReplicaError(`the state endpoint cannot be reached: ${message}`, error);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
