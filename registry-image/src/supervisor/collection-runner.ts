import { type ChildProcess, fork } from 'node:child_process';
import type { Config } from '../config/schema.ts';
import type { CollectionState } from '../config/state.ts';
import { zeroCounts } from '../gc/counts.ts';
import { withManyThreads } from '../storage/thread-pool.ts';
import type { Log } from '../telemetry/log.ts';
import type {
  CollectorCommand,
  CollectorJob,
  CollectorMessage,
  CollectorProgress,
  SweepWindow,
} from './collector-protocol.ts';
import { allocatorEnvironment } from './allocator.ts';
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
  /** What a collector does now; 'mark' also while it waits with a mark for a window. */
  readonly running: CollectorJob['kind'] | null;
  /** Forks a collector for this job; nothing when one runs or when this supervisor ran this job of this run and attempt before. */
  start(job: CollectorJob): void;
  /** Sweeps with the mark that a collector keeps; false when none keeps one of this run. */
  sweep(run: string, attempt: number, window: SweepWindow): boolean;
  /** Gives a sweep of this run and attempt up that has not begun, and ends the collector that marks for it. */
  fail(run: string, attempt: number, reason: string): void;
  /** Ends the collector by force; the state becomes Failed with this reason. */
  kill(reason: string): void;
  /** The plan of the last dry run, as JSON text. */
  readonly plan: (run: string) => string | undefined;
}

/** A mark holds some dozen bytes a digest; the rest is for the text of manifests. Counted in the pod's memory limit. */
const collectorFlags = ['--max-old-space-size=192', '--max-semi-space-size=2'];
const firstPhases = {
  mark: 'Marking',
  collect: 'Marking',
  confirm: 'Confirming',
  restore: 'Restoring',
} as const;
/** Runs remembered, so that none is done twice. */
const remembered = 64;

/** Runs collectors as child processes, one at a time, and keeps the state of the last run. */
export function createCollectionRunner(options: CollectionRunnerOptions): CollectionRunner {
  const { log } = options;
  const done = new Set<string>();
  let state: CollectionState | null = null;
  let child: ChildProcess | null = null;
  let running: CollectorJob['kind'] | null = null;
  let keepsMark = false;
  let killReason: string | undefined;
  let plan: { run: string; text: string } | undefined;

  function advance(progress: CollectorProgress): void {
    if (!state) return;
    const { phase, touched, counts, message, remaining = state.remaining } = progress;
    const { run, attempt } = state;
    state = {
      run,
      attempt,
      phase,
      touched: state.touched || touched,
      remaining,
      ...(phase === 'Failed' && { message: message ?? 'the collection failed' }),
      counts: { ...state.counts, ...counts },
    };
    // Its mark waits for the next window.
    if (phase === 'Swept' && remaining > 0 && running === 'collect') running = 'mark';
  }

  function begin(job: CollectorJob): void {
    const { run, attempt } = job;
    const same = state?.run === run && state.attempt === attempt ? state : null;
    state = {
      run,
      attempt,
      phase: firstPhases[job.kind],
      touched: same?.touched ?? false,
      remaining: 0,
      counts: same?.counts ?? zeroCounts(),
    };
  }

  function receive(from: ChildProcess, job: CollectorJob, message: CollectorMessage): void {
    if (message.type === 'loaded') {
      const start: CollectorCommand = { type: 'start', config: options.config, job };
      from.send(start, () => {});
      return;
    }
    if (message.type === 'plan') {
      plan = { run: job.run, text: message.plan };
      return;
    }
    advance(message.progress);
    options.onChange();
  }

  function ended(how: string): void {
    child = null;
    running = null;
    if (state && !isDone(state, keepsMark)) {
      const message = killReason ?? `the collector ended early (${how})`;
      advance({ phase: 'Failed', touched: false, counts: {}, message });
      state = { ...state, died: killReason === undefined };
    }
    killReason = undefined;
    log.info({ run: state?.run, phase: state?.phase, message: state?.message }, 'collector ended');
    options.onChange();
  }

  /** Whether this was not done before; it counts as done from now on. */
  function isNew(key: string): boolean {
    if (done.has(key)) return false;
    done.add(key);
    const [oldest] = done;
    if (done.size > remembered && oldest !== undefined) done.delete(oldest);
    return true;
  }

  function start(job: CollectorJob): void {
    if (running || !isNew(`${job.kind} ${job.run} ${job.attempt}`)) return;
    begin(job);
    running = job.kind;
    keepsMark = job.kind === 'mark' && !job.options.dryRun;
    log.info({ kind: job.kind, run: job.run, attempt: job.attempt }, 'collector starts');
    const started = fork(entryPath('collector'), [], {
      execArgv: collectorFlags,
      env: withManyThreads({ ...process.env, ...allocatorEnvironment }),
      stdio: options.storage.stdio,
    });
    options.storage.serve(started);
    child = started;
    started.on('message', (message: CollectorMessage) => receive(started, job, message));
    started.on('error', (error) => log.error({ err: error }, 'collector'));
    started.on('exit', (code, signal) => ended(signal ? `signal ${signal}` : `exit code ${code}`));
    options.onChange();
  }

  function sweep(run: string, attempt: number, window: SweepWindow): boolean {
    const waits = state?.phase === 'Marked' || state?.phase === 'Swept';
    if (!child || running !== 'mark' || !state || state.run !== run || !waits) return false;
    if (!isNew(`collect ${run} ${attempt}`)) return true;
    // Each window tells anew whether it moved anything.
    state = { ...state, attempt, phase: 'Sweeping', touched: false };
    running = 'collect';
    log.info({ kind: 'sweep', run, attempt }, 'collector goes on');
    const command: CollectorCommand = { type: 'sweep', window };
    child.send(command, () => {});
    options.onChange();
    return true;
  }

  function fail(run: string, attempt: number, reason: string): void {
    const isOwn = state?.run === run && state.attempt === attempt;
    if (isOwn && state?.phase !== 'Marking' && state?.phase !== 'Marked') return;
    if (child) return kill(reason);
    state = {
      run,
      attempt,
      phase: 'Failed',
      touched: false,
      remaining: 0,
      message: reason,
      counts: zeroCounts(),
    };
    options.onChange();
  }

  function kill(reason: string): void {
    killReason = reason;
    child?.kill('SIGKILL');
  }

  return {
    get state() {
      return state;
    },
    get running() {
      return running;
    },
    start,
    sweep,
    fail,
    kill,
    plan: (run) => (plan?.run === run ? plan.text : undefined),
  };
}

/** Whether a collector that ends then has done what it was to do; one that keeps a mark has when nothing remains. */
function isDone({ phase, remaining }: CollectionState, keepsMark: boolean): boolean {
  if (phase === 'Marked' || phase === 'Swept') return !keepsMark || remaining === 0;
  return phase === 'Confirmed' || phase === 'Restored' || phase === 'Failed';
}
