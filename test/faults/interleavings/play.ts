import { createRandom } from '../random.ts';
import { act, type ActContext, holdsLeases, isExcused, pullEverything } from './act.ts';
import { type CollectionContext, type CollectionOutcome, runCollection } from './collection.ts';
import { mayComeBack } from './images.ts';
import { judgeEnd, judgeVisible } from './judgement.ts';
import type { CollectionRun, Scenario } from './scenario.ts';
import { type Actor, createScheduler } from './scheduler.ts';
import type { Subject } from './subject.ts';
import { inVirtualTime } from './virtual-time.ts';
import { createWorld } from './world.ts';

export interface Outcome {
  /** What went wrong, a sentence each. */
  readonly problems: readonly string[];
  readonly steps: number;
  /** Pushes that were acknowledged. */
  readonly pushes: number;
  /** Files that a second mark put back. */
  readonly restored: number;
}

const lastRun: CollectionRun & { name: string } = {
  name: 'last',
  kind: 'staged',
  deleteUntagged: true,
  delay: 0,
  pause: 0,
  budget: 1_000,
  collector: 0,
  confirmer: 1,
  slowness: 0,
  early: undefined,
  kill: undefined,
  spoilsJournal: false,
};

/** Plays one schedule against the code, in virtual time. */
export async function play(scenario: Scenario, subject: Subject): Promise<Outcome> {
  const random = createRandom(scenario.seed);
  const scheduler = createScheduler({ ...scenario, random });
  return inVirtualTime(scheduler, async () => {
    const world = await createWorld(scenario, { scheduler, subject });
    const { store, driver, replicas, ledger, hanging } = world;
    const problems: string[] = [];
    const acting: ActContext = { scheduler, random, replicas, ledger, problems, scenario, pushes: 0 };
    const outcomes: CollectionOutcome[] = [];
    const some = (of: (outcome: CollectionOutcome) => boolean): boolean => outcomes.some(of);
    const context: CollectionContext = {
      subject,
      scheduler,
      driver,
      replicas,
      minAge: scenario.minAge,
      problems,
      reached: hanging.reached,
      async betweenMarks(broken) {
        const brokeRules = broken || some((outcome) => outcome.brokeRules);
        if (!brokeRules && scheduler.timersFired === 0) await judgeVisible(acting, store);
        await pullEverything(acting);
      },
    };

    async function goOn(): Promise<void> {
      await goOnTogether(acting, async () => {
        for (const [index, run] of scenario.runs.entries())
          outcomes.push(await runCollection(context, { ...run, name: `run${index}` }));
      });
      // What a killed collector has swept comes back with the next second mark.
      if (scenario.endsWithRun || scenario.runs.some(({ kill }) => kill))
        outcomes.push(await scheduler.as(actor('operator'), () => runCollection(context, lastRun)));
      await scheduler.as(actor('judge'), async () => {
        await replicas[1].removeLeftovers();
        await judgeEnd(acting, store);
      });
    }

    await playToEnd(acting, goOn());
    const restored = outcomes.flatMap((outcome) => outcome.restored);
    // What somebody takes out of the trash for a push may be met there by the second mark.
    const isUntouched =
      world.rescues === 0 && !some(({ brokeRules, isUnfinished }) => brokeRules || isUnfinished);
    if (isUntouched) judgeRestored(acting, restored);
    return { problems, steps: scheduler.steps, pushes: acting.pushes, restored: restored.length };
  });
}

/** Resolves when the clients, the crashes and the collections are all through. */
async function goOnTogether(acting: ActContext, collections: () => Promise<void>): Promise<void> {
  const { scheduler, scenario, replicas } = acting;
  let isOver = false;
  const unlessExcused = (error: unknown): void => {
    if (!isExcused(acting, error)) throw error;
  };
  async function crashes(): Promise<void> {
    for (const crash of scenario.crashes) {
      await scheduler.turns(crash.after);
      if (isOver) return;
      await replicas[crash.replica].crash();
      await replicas[crash.replica].removeLeftovers().catch(unlessExcused);
    }
  }
  await Promise.all([
    scheduler.as(actor('operator'), collections),
    scheduler.as(actor('crashes'), crashes),
    ...scenario.clients.map((actions, index) => {
      const name = `client${index}`;
      return scheduler.as(actor(name), () => act(acting, name, actions));
    }),
  ]);
  isOver = true;
}

/** Gives turns until nobody waits for one; by then the work must be done. */
async function playToEnd({ scheduler, problems }: ActContext, work: Promise<void>): Promise<void> {
  let isSettled = false;
  void work.then(
    () => (isSettled = true),
    (error: unknown) => {
      isSettled = true;
      problems.push(`the schedule broke off: ${String(error)}`);
    },
  );
  if (!(await scheduler.run())) problems.push('it went on for too long');
  else if (!isSettled) problems.push('something never came to an end');
}

/** While every rule was kept, the second mark finds nothing alive in the trash. */
function judgeRestored(acting: ActContext, restored: readonly string[]): void {
  const { scheduler, scenario, problems } = acting;
  // A HEAD that a window has held for too long is answered without a lease.
  if (scheduler.timersFired > 0 || !holdsLeases(acting) || !isInOrder(scenario)) return;
  const unexpected = restored.filter((path) => !mayComeBack(path, deletedIn(scenario)));
  if (unexpected.length > 0)
    problems.push(`the second mark found what is alive in the trash: ${unexpected.join(', ')}`);
}

/** Whether the second mark judges leases by a clock that is not behind that of the first. */
function isInOrder({ clocks }: Scenario): boolean {
  return clocks.every((clock) => clock === clocks[0]);
}

function deletedIn({ clients }: Scenario): string[] {
  return clients.flat().flatMap((action) => (action.kind === 'delete' ? [action.image.digest] : []));
}

function actor(name: string): Actor {
  return { name, process: { name, alive: true, clock: 0 } };
}
