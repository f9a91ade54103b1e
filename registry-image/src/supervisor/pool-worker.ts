import type { Worker } from 'node:cluster';
import { processStartTime } from './process-start-time.ts';
import type { WorkerState } from '../config/state.ts';
import type { Taker } from './acceptor.ts';
import { createHandover } from './handover.ts';
import type { Command, Message, Report, Topic } from './protocol.ts';

/** What the supervisor knows of one worker process. */
export interface PoolWorker extends Taker {
  readonly pid: number;
  /** Restarts that were asked for before this worker was forked. */
  readonly generation: number;
  readonly forkedAt: number;
  readonly state: WorkerState;
  readonly report: Report;
  /** performance.now() of the last report. */
  readonly reportedAt: number;
  /** False until it was told what to serve: it holds no setting yet, and no commit section. */
  readonly started: boolean;
  /** It stands by, ready to serve when told to. */
  readonly prepared: boolean;
  readonly applied: Readonly<Record<Topic, number>>;
  /** Why it cannot serve, in its own words. */
  readonly failure: string | undefined;
  send(command: Command): void;
  kill(): void;
}

export interface PoolWorkerOptions {
  readonly process: Worker;
  readonly generation: number;
  /** The first command, made when the worker has loaded its code. */
  readonly start: () => Extract<Command, { type: 'start' }>;
  readonly onMessage: (worker: PoolWorker, message: Message) => void;
  readonly onExit: (worker: PoolWorker, how: string) => void;
}

const noReport: Report = {
  requestsInFlight: 0,
  takesRequests: false,
  heldWrites: 0,
  requests: [],
};

/** Keeps the record of a worker from its messages. */
export function followWorker(options: PoolWorkerOptions): PoolWorker {
  const { process: child, generation } = options;
  let phase: WorkerState['phase'] = 'starting';
  let startTime = 0;
  let report = noReport;
  let reportedAt = performance.now();
  let started = false;
  let prepared = false;
  let failure: string | undefined;
  const applied: Record<Topic, number> = { gate: 0, tls: 0, htpasswd: 0, tokenKeys: 0, unhealthy: 0 };

  const handover = createHandover(child);

  const worker: PoolWorker = {
    pid: child.process.pid ?? 0,
    generation,
    forkedAt: performance.now(),
    get state() {
      const { requestsInFlight } = report;
      const takesRequests = phase !== 'starting' && report.takesRequests;
      return { pid: worker.pid, startTime, phase, takesRequests, requestsInFlight };
    },
    get report() {
      return report;
    },
    get reportedAt() {
      return reportedAt;
    },
    get started() {
      return started;
    },
    get prepared() {
      return prepared;
    },
    get failure() {
      return failure;
    },
    get serves() {
      return phase === 'serving';
    },
    applied,
    send,
    hand: (socket) => handover.hand(socket),
    kill() {
      child.process.kill('SIGKILL');
    },
  };

  function send(command: Command): void {
    if (command.type === 'drain') phase = 'draining';
    // A worker that has just gone is told by its exit.
    if (child.isConnected()) child.send(command, undefined, () => {});
  }

  function begin(): void {
    const command = options.start();
    // It takes these up before it listens, so until it does there is nothing to wait for.
    for (const { topic, version } of command.settings) applied[topic] = version;
    started = true;
    send(command);
  }

  function record(message: Message): void {
    switch (message.type) {
      case 'loaded':
        return begin();
      case 'prepared':
        prepared = true;
        return;
      case 'ready':
        if (phase === 'starting') phase = 'serving';
        return;
      case 'applied':
        applied[message.topic] = Math.max(applied[message.topic], message.version);
        return;
      case 'report':
        ({ report } = message);
        reportedAt = performance.now();
        return;
      case 'failed':
        failure = message.message;
        return;
      case 'verified':
      case 'taken':
      case 'ended':
        return;
    }
  }

  void processStartTime(worker.pid).then((ticks) => (startTime = ticks));
  child.on('message', (message: Message) => {
    // For each connection: nothing that others want to know.
    if (message.type === 'taken') return handover.taken(message.id);
    record(message);
    options.onMessage(worker, message);
  });
  child.on('error', () => {});
  child.on('exit', (code, signal) => {
    handover.gone();
    options.onExit(worker, signal ? `signal ${signal}` : `exit code ${code}`);
  });
  return worker;
}
