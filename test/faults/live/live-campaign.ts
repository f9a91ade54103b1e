import { setTimeout as sleep } from 'node:timers/promises';
import { image, type Image, randomLayer } from '../../support/image.ts';
import { apply, at, kubectl, type KubeObject, waitForCondition } from '../../support/kubernetes.ts';
import { RegistryClient } from '../../support/registry-client.ts';
import { createRegistry } from '../../support/registries.ts';
import { pulling, repeat } from '../../support/traffic.ts';
import { blobsIn, volumePath } from '../../support/volumes.ts';
import { createRandom } from '../random.ts';
import { createPauseProbe, type Period, windowsOf } from './pause-probe.ts';
import { createPusher, type Pusher } from './pusher.ts';

export interface LiveOptions {
  readonly namespace: string;
  readonly seed: number;
  readonly clients: number;
  /** Milliseconds of traffic. */
  readonly duration: number;
  /** Milliseconds between the end of one collection and the next. */
  readonly pause: number;
  readonly report?: (line: string) => void;
}

export interface LiveCampaign {
  readonly problems: readonly string[];
  readonly collections: number;
  readonly pushes: number;
  readonly pulls: number;
  /** Part of the time for which a pushing client waited for windows. */
  readonly paused: number;
  /** Milliseconds: the longest time for which a pushing client waited. */
  readonly longestPause: number;
  /** What is on the disk and is no part of an image that is tagged. */
  readonly surplus: readonly string[];
}

const name = 'live';
const repositories = ['live/one', 'live/two', 'live/three', 'live/four/deep'];

/** Clients push, push again, retag, delete and pull while collections run one after the other; then all is looked at. */
export async function runLiveCampaign(options: LiveOptions): Promise<LiveCampaign> {
  const { namespace, report = () => {} } = options;
  const access = await createRegistry({ namespace, name });
  const layers = Array.from({ length: 12 }, () => randomLayer(8192));
  const clients = Array.from({ length: options.clients }, () => new RegistryClient(access));
  const pushers = clients.map((client, index) =>
    createPusher({
      client,
      name: `c${index}`,
      repositories,
      layers,
      random: createRandom(options.seed + index),
    }),
  );
  const [prober, puller] = [new RegistryClient(access), new RegistryClient(access)];
  const steady = image([randomLayer(20_000)]);
  await puller.push('live/steady', 'v1', steady);
  const probe = createPauseProbe(prober);
  const pulls = pulling(puller, 'live/steady', 'v1', steady);
  const traffic = pushers.map((pusher) => repeat(() => pusher.act(), 50));
  const collections = await collectUntil(options, performance.now() + options.duration, report);
  const seen = await Promise.all(traffic.map((one) => one.stop()));
  const pulled = await pulls.stop();
  const probed = await probe.stop(collections.windows);
  const problems = [...seen, pulled, probed].flatMap(({ failures }) => failures);
  const checks = await Promise.all(pushers.map((pusher) => pusher.check()));
  problems.push(...collections.problems, ...checks.flat());
  // Nobody pushes any more, so nothing needs a lease.
  await collect(namespace, 'live-last', '0s');
  const after = await Promise.all(pushers.map((pusher) => pusher.check()));
  problems.push(...after.flat().map((line) => `after the last collection: ${line}`));
  const live = liveDigests(pushers, [steady]);
  const stored = await blobsIn(await volumePath(namespace, name));
  const surplus = stored.filter((digest) => !live.has(digest));
  for (const client of [...clients, prober, puller]) client.close();
  return {
    problems,
    collections: collections.count,
    pushes: pushers.reduce((sum, { pushed }) => sum + pushed, 0) + probed.operations,
    pulls: pulled.operations,
    paused: probed.paused,
    longestPause: probed.slowest,
    surplus,
  };
}

async function collectUntil(
  { namespace, pause }: LiveOptions,
  end: number,
  report: (line: string) => void,
): Promise<{ count: number; windows: Period[]; problems: string[] }> {
  const problems: string[] = [];
  const windows: Period[] = [];
  let count = 0;
  while (performance.now() < end) {
    const run = `live-${++count}`;
    try {
      const done = await collect(namespace, run);
      windows.push(...windowsOf(done));
      if (at(done, 'status.counts.restored') !== 0) {
        problems.push(`${run}: the second mark found ${String(at(done, 'status.counts.restored'))} alive`);
      }
      report(`${run}: ${String(at(done, 'status.message'))}`);
    } catch (error) {
      problems.push(`${run}: ${String(error)}`);
    }
    await kubectl(['delete', 'garbagecollections', run, '-n', namespace, '--wait=false']);
    await sleep(pause);
  }
  return { count, windows, problems };
}

async function collect(namespace: string, run: string, minAge = '20s'): Promise<KubeObject> {
  await apply({
    apiVersion: 'wharfinger.dev/v1alpha1',
    kind: 'GarbageCollection',
    metadata: { namespace, name: run },
    // Leases of minutes would keep what is deleted; a push under way is kept by those of seconds.
    spec: { registryRef: { name }, deleteUntagged: true, minAge, undoFor: '0s' },
  });
  return waitForCondition({ kind: 'garbagecollections', namespace, name: run }, 'Succeeded', 'True', 120_000);
}

function liveDigests(pushers: readonly Pusher[], more: readonly Image[]): Set<string> {
  const images = [...pushers.flatMap(({ held }) => held.map((one) => one.image)), ...more];
  return new Set(images.flatMap(digestsOf));
}

function digestsOf({ config, layers, manifest }: Image): string[] {
  return [config, ...layers, manifest].map(({ digest }) => digest);
}
