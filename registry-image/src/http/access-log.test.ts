import { expect, it } from 'vitest';
import { startServer } from './test-server.ts';

it.each([
  ['', ['/v2/', '/v2/a/manifests/v1']],
  ['log: {accesslog: {disabled: false}}', ['/v2/', '/v2/a/manifests/v1']],
  ['log: {accesslog: {disabled: true}}', []],
])('a request has its line in the access log, unless that is disabled (%s)', async (yaml, paths) => {
  const server = await startServer({ yaml });
  for (const path of ['/v2/', '/v2/a/manifests/v1']) await (await server.request('GET', path)).text();
  // A line is written when the answer has gone out.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const lines = server.log.filter(({ msg }) => msg === 'request');
  expect(lines.map(({ path }) => path)).toEqual(paths);
  expect(lines.map(({ status }) => status)).toEqual(paths.length === 0 ? [] : [200, 404]);
});
