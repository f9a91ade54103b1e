import { expect } from 'vitest';
import type { Check } from '../check.ts';
import { digestOf, nextLink, type Registry } from '../registry.ts';

const tags = ['A', 'B-2', 'a', 'a.1', 'a_1', 'b', 'b10', 'b9', 'z'];

async function withTags(registry: Registry): Promise<string> {
  const image = await registry.prepareImage();
  for (const tag of tags.toReversed()) await registry.putManifest(tag, image);
  return `/v2/${registry.repository}/tags/list`;
}

async function listed(registry: Registry, path: string): Promise<[string[], string | undefined]> {
  const answer = await registry.call('GET', path);
  expect([path, answer.status]).toEqual([path, 200]);
  const { name, tags: found } = answer.json() as { name: string; tags: string[] };
  expect(name).toBe(registry.repository);
  return [found, nextLink(answer)];
}

/** Tags and the catalog. */
export const discovery: readonly Check[] = [
  {
    title: 'the tags of a repository are listed in order',
    shows: ['tags-1', 'tags-2', 'tags-3', 'categories-2', 'categories-3', 'B3'],
    async run(registry) {
      const path = await withTags(registry);
      const answer = await registry.call('GET', path);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
      expect(answer.json()).toEqual({ name: registry.repository, tags });
      for (const tag of tags) await registry.call('DELETE', `/v2/${registry.repository}/manifests/${tag}`);
      const [left] = await listed(registry, path);
      expect(left).toEqual([]);
    },
  },
  {
    title: 'tags are listed in pages that a Link joins',
    shows: ['tags-2', 'tags-4', 'tags-5', 'B3'],
    async run(registry) {
      const path = await withTags(registry);
      for (const size of [1, 2, 4, 8]) {
        const found: string[] = [];
        let next: string | undefined = `${path}?n=${size}`;
        while (next !== undefined) {
          const [page, link] = await listed(registry, next);
          if (link !== undefined) expect(page).toHaveLength(size);
          found.push(...page);
          next = link;
        }
        expect(found).toEqual(tags);
      }
      for (const size of [tags.length, tags.length + 1, 100])
        expect(await listed(registry, `${path}?n=${size}`)).toEqual([tags, undefined]);
    },
  },
  {
    title: 'n=0 gives no tags and no Link',
    shows: ['tags-6', 'error:PAGINATION_NUMBER_INVALID'],
    async run(registry) {
      const path = await withTags(registry);
      expect(await listed(registry, `${path}?n=0`)).toEqual([[], undefined]);
      for (const n of ['-1', 'x', '1.5', '99999999999999999999']) {
        const answer = await registry.call('GET', `${path}?n=${n}`);
        expect([n, answer.status, answer.codes()]).toEqual([n, 400, ['PAGINATION_NUMBER_INVALID']]);
      }
    },
  },
  {
    title: 'the tags after last are listed, whether that tag is there or not',
    shows: ['tags-2', 'tags-7', 'B3'],
    async run(registry) {
      const path = await withTags(registry);
      expect((await listed(registry, `${path}?last=a`))[0]).toEqual(['a.1', 'a_1', 'b', 'b10', 'b9', 'z']);
      expect((await listed(registry, `${path}?last=aa&n=2`))[0]).toEqual(['b', 'b10']);
      expect((await listed(registry, `${path}?last=2&n=2`))[0]).toEqual(['A', 'B-2']);
      expect(await listed(registry, `${path}?last=z`)).toEqual([[], undefined]);
      expect(await listed(registry, `${path}?last=zzz&n=5`)).toEqual([[], undefined]);
    },
  },
  {
    title: 'the catalog lists the repositories in pages',
    shows: ['B2', 'error:PAGINATION_NUMBER_INVALID'],
    async run(registry) {
      const names = ['a', 'a/b', 'a0', 'b', 'c'].map((name) => `${registry.repository}/${name}`);
      const [first = '', ...others] = names;
      for (const repository of [...others, first].toReversed())
        await registry.pushImage('latest', { repository });
      const found: string[] = [];
      let next: string | undefined = '/v2/_catalog?n=2';
      while (next !== undefined) {
        const answer = await registry.call('GET', next);
        expect(answer.status).toBe(200);
        const { repositories } = answer.json() as { repositories: string[] };
        expect(repositories.length).toBeLessThanOrEqual(2);
        found.push(...repositories);
        next = nextLink(answer);
      }
      expect(found).toEqual([...new Set(found)].sort());
      expect(found.filter((name) => names.includes(name))).toEqual(names);
      const after = await registry.call(
        'GET',
        `/v2/_catalog?last=${encodeURIComponent(`${registry.repository}/aaa`)}&n=2`,
      );
      expect(after.json()['repositories']).toEqual(names.slice(3));
      expect((await registry.call('GET', '/v2/_catalog?n=-1')).codes()).toEqual([
        'PAGINATION_NUMBER_INVALID',
      ]);
    },
  },
  {
    title: 'what a closed list of names leaves out is not found',
    shows: ['tags-1', 'error:NAME_UNKNOWN'],
    async run(registry) {
      await registry.pushBlob('a blob makes no tag');
      const answer = await registry.call('GET', `/v2/${registry.repository}/nobody/tags/list`);
      expect([answer.status, answer.codes()]).toEqual([404, ['NAME_UNKNOWN']]);
      expect((await registry.call('GET', `/v2/no/endpoint/at-all/${digestOf('x')}`)).status).toBe(404);
    },
  },
];
