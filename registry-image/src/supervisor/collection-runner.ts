import { type ChildProcess, fork } from 'node:child_process';
import type { Config } from '../config/schema.ts';
import type { CollectionPhase, CollectionState } from '../config/state.ts';
import { zeroCounts } from '../gc/counts.ts';
import type { Log } from '../telemetry/log.ts';
import type {
  CollectorJob,
  CollectorMessage,
  CollectorProgress,
  CollectorStart,
} from './collector-protocol.ts';
import { entryPath } from './entries.ts';
import type { StorageKeeper } from './storage-keeper.ts';

export interface CollectionRunnerOptions {
  readonly config: Config;
  readonly storage: StorageKeeper;
  readonly log: Log;
  /** `state` or `running` is another. */
  readonly onChange: () => void;
}

export interface CollectionRunner {
  readonly state: CollectionState | null;
  readonly running: CollectorJob['kind'] | null;
  /** Forks a collector for this job; nothing when one runs or when this supervisor ran this job of this run and attempt before. */
  start(job: CollectorJob): void;
  /** Ends the collector by force; the state becomes Failed with this reason. */
  kill(reason: string): void;
}

/** A mark holds 32 bytes a digest; the rest is for the text of manifests. Counted in the pod's memory limit. */
const collectorFlags = ['--max-old-space-size=192', '--max-semi-space-size=2'];
const lastPhases: readonly CollectionPhase[] = ['Swept', 'Confirmed', 'Failed'];
/** Runs remembered, so that none is done twice. */
const remembered = 64;

/** Runs collectors as child processes, one at a time, and keeps the state of the last run. */
export function createCollectionRunner(options: CollectionRunnerOptions): CollectionRunner {
  const { log } = options;
  const done = new Set<string>();
  let state: CollectionState | null = null;
  let child: ChildProcess | null = null;
  let running: CollectorJob['kind'] | null = null;
  let killReason: string | undefined;

  function advance(progress: CollectorProgress): void {
    if (!state) return;
    const { phase, touched, counts, message } = progress;
    const { run, attempt } = state;
    state = {
      run,
      attempt,
      phase,
      touched: state.touched || touched,
      ...(phase === 'Failed' && { message: message ?? 'the collection failed' }),
      counts: { ...state.counts, ...counts },
    };
  }

  function begin(job: CollectorJob): void {
    const { run, attempt } = job;
    const same = state?.run === run && state.attempt === attempt ? state : null;
    state = {
      run,
      attempt,
      phase: job.kind === 'collect' ? 'Marking' : 'Confirming',
      touched: same?.touched ?? false,
      counts: same?.counts ?? zeroCounts(),
    };
  }

  function receive(from: ChildProcess, job: CollectorJob, message: CollectorMessage): void {
    if (message.type === 'loaded') {
      const start: CollectorStart = { config: options.config, job };
      from.send(start, () => {});
      return;
    }
    advance(message.progress);
    options.onChange();
  }

  function ended(how: string): void {
    child = null;
    running = null;
    if (state && !lastPhases.includes(state.phase)) {
      advance({
        phase: 'Failed',
        touched: false,
        counts: {},
        message: killReason ?? `the collector ended early (${how})`,
      });
    }
    killReason = undefined;
    log.info({ run: state?.run, phase: state?.phase, message: state?.message }, 'collector ended');
    options.onChange();
  }

  function start(job: CollectorJob): void {
    const key = `${job.kind} ${job.run} ${job.attempt}`;
    if (running || done.has(key)) return;
    done.add(key);
    const [oldest] = done;
    if (done.size > remembered && oldest !== undefined) done.delete(oldest);
    begin(job);
    running = job.kind;
    log.info({ kind: job.kind, run: job.run, attempt: job.attempt }, 'collector starts');
    const started = fork(entryPath('collector'), [], {
      execArgv: collectorFlags,
      stdio: options.storage.stdio,
    });
    options.storage.serve(started);
    child = started;
    started.on('message', (message: CollectorMessage) => receive(started, job, message));
    started.on('error', (error) => log.error({ err: error }, 'collector'));
    started.on('exit', (code, signal) => ended(signal ? `signal ${signal}` : `exit code ${code}`));
    options.onChange();
  }

  return {
    get state() {
      return state;
    },
    get running() {
      return running;
    },
    start,
    kill(reason) {
      killReason = reason;
      child?.kill('SIGKILL');
    },
  };
}
