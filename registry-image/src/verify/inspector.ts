import { setTimeout as wait } from 'node:timers/promises';
import type { Damage, Outcome } from './damages.ts';

/** A damage and the way to mend it; undefined as outcome: it was gone when it should be mended. */
export interface Finding {
  readonly damage: Damage;
  readonly repair?: (() => Promise<Outcome | undefined>) | undefined;
}

/** A place to look at. What cannot be read is thrown. */
export interface Check {
  readonly path: string;
  look(): Promise<Finding | undefined>;
}

export interface Settled {
  readonly damage: Damage;
  readonly outcome: Outcome;
}

export interface Inspector {
  /** Looks at a place for the first time, and remembers it when something seems wrong. */
  inspect(check: Check): Promise<void>;
  /** Looks again at what seemed wrong, reports what still does, and mends it when that is asked for. */
  settle(): Promise<readonly Settled[]>;
}

/**
 * Looks at everything suspicious twice, because a live server changes the store meanwhile: what is only half done at the
 * first look is done at the second.
 * @param options.pause milliseconds between the two looks
 */
export function createInspector(options: {
  repair: boolean;
  pause: number;
  signal: AbortSignal;
  report: (settled: Settled) => void;
}): Inspector {
  const { repair, pause, signal, report } = options;
  let suspects: Check[] = [];
  const reported = new Set<string>();

  async function lookAt(check: Check): Promise<Finding | undefined> {
    signal.throwIfAborted();
    try {
      return await check.look();
    } catch (error) {
      if (signal.aborted) throw error;
      return { damage: { kind: 'unreadable', path: check.path, detail: messageOf(error) } };
    }
  }

  /** What becomes of a damage; undefined: it was gone by then. A repair that fails leaves it, and the reason is told. */
  async function mend({ damage, repair: act }: Finding): Promise<Settled | undefined> {
    if (!repair) return { damage, outcome: { action: 'found' } };
    if (!act) return { damage, outcome: { action: 'left' } };
    try {
      const outcome = await act();
      return outcome && { damage, outcome };
    } catch (error) {
      if (signal.aborted) throw error;
      const detail = `${damage.detail}; it could not be mended: ${messageOf(error)}`;
      return { damage: { ...damage, detail }, outcome: { action: 'left' } };
    }
  }

  return {
    async inspect(check) {
      if (await lookAt(check)) suspects.push(check);
    },
    async settle() {
      if (suspects.length === 0) return [];
      const again = suspects;
      suspects = [];
      await wait(pause, undefined, { signal });
      const settled: Settled[] = [];
      for (const check of again) {
        const finding = await lookAt(check);
        if (!finding) continue;
        const { damage } = finding;
        const key = `${damage.kind} ${damage.path}`;
        if (reported.has(key)) continue;
        const mended = await mend(finding);
        if (!mended) continue;
        reported.add(key);
        settled.push(mended);
        report(mended);
      }
      return settled;
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
