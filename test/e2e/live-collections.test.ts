import { afterAll, beforeAll, expect, test } from 'vitest';
import { runLiveCampaign } from '../faults/live/live-campaign.ts';
import { seedOf } from '../faults/random.ts';
import { createNamespace, deleteNamespace } from '../support/kubernetes.ts';

const namespace = 'e2e-live';

beforeAll(() => createNamespace(namespace));
afterAll(() => deleteNamespace(namespace));

test('C2, C6, C7, C9: collections one after the other under clients that push, push again, retag, delete and pull', async () => {
  const seed = seedOf(Date.now() % 2 ** 32);
  const campaign = await runLiveCampaign({ namespace, seed, clients: 10, duration: 60_000, pause: 2_000 });
  const { problems, collections, pushes, pulls, paused, longestPause, surplus } = campaign;
  console.info(
    `seed ${seed}: ${collections} collections, ${pushes} pushes, ${pulls} pulls; pushes waited ${(100 * paused).toFixed(1)} % of the time, the longest ${longestPause.toFixed(0)} ms`,
  );
  expect(problems).toEqual([]);
  expect(collections).toBeGreaterThanOrEqual(3);
  expect(pushes).toBeGreaterThanOrEqual(300);
  expect(surplus).toEqual([]);
}, 300_000);
