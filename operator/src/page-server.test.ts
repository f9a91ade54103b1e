import { expect, it } from 'vitest';
import { servePages } from './page-server.ts';

it('serves its pages, and says when one fails or is unknown', async () => {
  const server = await servePages(
    { host: '127.0.0.1', port: 0 },
    {
      '/healthz': () => ({ status: 200, body: 'ok\n' }),
      '/broken': () => Promise.reject(new Error('secret')),
    },
  );
  const get = async (path: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return [response.status, await response.text()];
  };
  expect(await get('/healthz?verbose')).toEqual([200, 'ok\n']);
  expect(await get('/broken')).toEqual([500, 'failed\n']);
  expect(await get('/other')).toEqual([404, 'not found\n']);
  await server.close();
  await expect(get('/healthz')).rejects.toThrow('fetch failed');
});
