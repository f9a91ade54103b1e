import { randomBytes } from 'node:crypto';
import { events } from './builtin-kinds.ts';
import type { Client } from './client.ts';
import { isNamespaceTerminating, isNotFound } from './errors.ts';
import type { Log } from './log.ts';
import { microTime } from './micro-time.ts';
import type { KubeObject } from './resource.ts';

export interface EventRecorderOptions {
  client: Client;
  /** `wharfinger.dev/operator`: qualified name of the reporting controller. */
  controller: string;
  /** The pod's name. */
  instance: string;
  log: Log;
}

export interface EventFacts {
  type: 'Normal' | 'Warning';
  /** CamelCase: why. */
  reason: string;
  /** CamelCase: what was done or tried. */
  action: string;
  /** One or two sentences; cut at 1,024 bytes. */
  note: string;
}

/**
 * Writes events.k8s.io/v1 Events. The same facts about the same object make one Event whose series counts; nothing is written more than
 * once in 30 s for one Event.
 */
export interface EventRecorder {
  /** Returns at once and never throws: a failure to write is logged. */
  record(regarding: KubeObject, facts: EventFacts): void;
  /** Resolves when everything recorded so far is written or given up. */
  flush(): Promise<void>;
}

/** One Event and how often its facts were seen. */
interface Series {
  namespace: string;
  name: string;
  regarding: KubeObject;
  facts: EventFacts;
  count: number;
  lastSeen: Date;
  writtenCount: number;
  writtenAt: number;
  timer?: NodeJS.Timeout;
}

const writeIntervalMs = 30_000;
/** Facts seen again after so long make a new Event. */
const seriesEndMs = 10 * 60_000;
const longestMemory = 500;
const longestBacklog = 100;

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, controller, instance, log } = options;
  /** By facts and object; the least recently seen first. */
  const known = new Map<string, Series>();
  let backlog = 0;
  let last: Promise<void> = Promise.resolve();

  function enqueue(write: () => Promise<void>, series: Series): void {
    const fields = { event: `${series.namespace}/${series.name}`, reason: series.facts.reason };
    if (backlog >= longestBacklog) {
      log.warn(fields, 'too many Events wait to be written; dropped one');
      return;
    }
    backlog += 1;
    last = last.then(write).catch((error: unknown) => {
      if (isNamespaceTerminating(error)) log.debug(fields, 'no Event in a namespace that is being deleted');
      else log.warn({ ...fields, err: error }, 'could not write an Event');
    });
    last = last.finally(() => {
      backlog -= 1;
    });
  }

  async function create(series: Series): Promise<void> {
    series.writtenCount = series.count;
    series.writtenAt = performance.now();
    await client.create(events, manifestOf(series, controller, instance));
  }

  async function update(series: Series): Promise<void> {
    if (series.writtenCount === series.count) return;
    const { namespace, name, count, lastSeen } = series;
    series.writtenCount = count;
    series.writtenAt = performance.now();
    try {
      const patch = { series: { count, lastObservedTime: microTime(lastSeen) } };
      await client.patchMerge(events, { namespace, name }, patch);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await create(series);
    }
  }

  function scheduleUpdate(series: Series): void {
    if (series.timer !== undefined) return;
    const delayMs = Math.max(0, series.writtenAt + writeIntervalMs - performance.now());
    series.timer = setTimeout(() => {
      series.timer = undefined;
      enqueue(() => update(series), series);
    }, delayMs);
    series.timer.unref();
  }

  function remember(id: string, series: Series): void {
    known.delete(id);
    known.set(id, series);
    for (const oldest of known.keys()) {
      if (known.size <= longestMemory) return;
      known.delete(oldest);
    }
  }

  function record(regarding: KubeObject, facts: EventFacts): void {
    const now = new Date();
    const id = JSON.stringify([regarding.metadata.uid, facts.type, facts.reason, facts.action, facts.note]);
    const series = known.get(id);
    if (series !== undefined && now.getTime() - series.lastSeen.getTime() < seriesEndMs) {
      series.count += 1;
      series.lastSeen = now;
      remember(id, series);
      scheduleUpdate(series);
      return;
    }
    const started = startSeries(regarding, facts, now);
    remember(id, started);
    enqueue(() => create(started), started);
  }

  async function flush(): Promise<void> {
    for (const series of known.values()) {
      clearTimeout(series.timer);
      if (series.timer !== undefined) enqueue(() => update(series), series);
      series.timer = undefined;
    }
    await last;
  }

  return { record, flush };
}

function startSeries(regarding: KubeObject, facts: EventFacts, now: Date): Series {
  return {
    // Events about cluster-scoped objects live in `default`.
    namespace: regarding.metadata.namespace ?? 'default',
    name: `${regarding.metadata.name.slice(0, 230)}.${randomBytes(8).toString('hex')}`,
    regarding,
    facts,
    count: 1,
    lastSeen: now,
    writtenCount: 0,
    writtenAt: performance.now(),
  };
}

function manifestOf(series: Series, controller: string, instance: string): object {
  const { namespace, name, regarding, facts, count, lastSeen } = series;
  return {
    metadata: { namespace, name },
    eventTime: microTime(lastSeen),
    reportingController: controller,
    reportingInstance: instance.slice(0, 128),
    regarding: {
      apiVersion: regarding.apiVersion,
      kind: regarding.kind,
      namespace: regarding.metadata.namespace,
      name: regarding.metadata.name,
      uid: regarding.metadata.uid,
    },
    type: facts.type,
    reason: facts.reason.slice(0, 128),
    action: facts.action.slice(0, 128),
    note: cutNote(facts.note),
    ...(count > 1 ? { series: { count, lastObservedTime: microTime(lastSeen) } } : {}),
  };
}

/** The API server refuses a note above 1,024 bytes. */
function cutNote(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= 1024) return note;
  return `${bytes
    .subarray(0, 1021)
    .toString()
    .replace(/\uFFFD+$/, '')}…`;
}
