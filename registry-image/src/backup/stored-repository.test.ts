import { expect, it } from 'vitest';
import { digestOf } from '../registry/digest.ts';
import { createMemoryDriver } from '../storage/memory.ts';
import { departuresPath, tagCurrentLinkPath } from '../storage/paths.ts';
import { readRepository } from './stored-repository.ts';

it('finds a tag that a killed deletion of another manifest has aside, and none that is set', async () => {
  const driver = createMemoryDriver();
  const [named, set, gone] = [digestOf('named'), digestOf('set'), digestOf('gone')];
  await driver.putContent(tagCurrentLinkPath('team/app', 'v2'), set);
  for (const tag of ['v1', 'v2'])
    await driver.putContent(`${departuresPath(gone, 'one', 'team/app')}/${tag}/current/link`, named);
  await driver.putContent(`${departuresPath(gone, 'two', 'team/app')}/v3/current/link`, gone);
  expect((await readRepository(driver, 'team/app')).tags).toEqual({
    v1: { current: named, history: [named] },
    v2: { current: set, history: [] },
  });
});
