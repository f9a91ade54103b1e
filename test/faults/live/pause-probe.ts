import { randomLayer } from '../../support/image.ts';
import { at, type KubeObject } from '../../support/kubernetes.ts';
import type { RegistryClient } from '../../support/registry-client.ts';
import { repeat, type Traffic } from '../../support/traffic.ts';

/** Milliseconds since the epoch. */
export interface Period {
  readonly begin: number;
  readonly end: number;
}

export interface PauseProbe {
  /** @param windows in which a collection held writes, from asking for that to having given them back */
  stop(windows: readonly Period[]): Promise<
    Traffic & {
      /** Part of the time that pushes took beyond the usual because of the windows that they met. */
      readonly paused: number;
    }
  >;
}

/** Pushes a small blob again and again. */
export function createPauseProbe(client: RegistryClient): PauseProbe {
  const pushes: Period[] = [];
  const began = now();
  const traffic = repeat(async () => {
    const begin = now();
    await client.pushBlob('live/probe', randomLayer(512));
    pushes.push({ begin, end: now() });
  }, 20);
  return {
    async stop(windows) {
      const seen = await traffic.stop();
      return { ...seen, paused: waitedIn(windows, pushes) / (now() - began) };
    },
  };
}

/** Milliseconds by which the pushes that met a window took longer, all together, than as many others do. */
function waitedIn(windows: readonly Period[], pushes: readonly Period[]): number {
  const [held, free]: [Period[], Period[]] = [[], []];
  for (const push of pushes) (windows.some((window) => overlap(window, push)) ? held : free).push(push);
  return lengthOf(held) - (held.length * lengthOf(free)) / Math.max(1, free.length);
}

function overlap(one: Period, other: Period): boolean {
  return one.begin < other.end && other.begin < one.end;
}

function lengthOf(pushes: readonly Period[]): number {
  return pushes.reduce((sum, { begin, end }) => sum + end - begin, 0);
}

/** To the microsecond, by the clock of the machine. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

interface Step {
  readonly name: string;
  readonly startTime: string;
  readonly completionTime?: string;
}

/** The windows of a run that has ended, by the steps that its status tells. */
export function windowsOf(run: KubeObject): Period[] {
  const windows: Period[] = [];
  let begin: number | undefined;
  for (const { name, startTime, completionTime } of at(run, 'status.steps') as readonly Step[]) {
    if (name === 'EnteringReadOnly') begin = Date.parse(startTime);
    if (name !== 'RestoringWrites' || begin === undefined) continue;
    windows.push({ begin, end: Date.parse(completionTime ?? startTime) });
    begin = undefined;
  }
  return windows;
}
