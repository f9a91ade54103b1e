import { describe, expect, it } from 'vitest';
import { startServer } from './test-server.ts';

describe('auth.silly', () => {
  it('lets in whoever sends any Authorization header, and else asks as a token server would', async () => {
    const own = await startServer({ yaml: 'auth: {silly: {realm: silly-realm, service: silly-service}}' });
    const response = await own.request('POST', '/v2/team/app/blobs/uploads/');
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="silly-realm",service="silly-service",scope="repository:team/app:pull,push"',
    ]);
    expect((await own.request('GET', '/v2/')).headers.get('www-authenticate')).toBe(
      'Bearer realm="silly-realm",service="silly-service"',
    );
    for (const authorization of ['x', 'Basic Og==', 'Bearer seriously, anything']) {
      const headers = { authorization };
      expect((await own.request('POST', '/v2/team/app/blobs/uploads/', { headers })).status).toBe(202);
    }
    await expect.poll(() => own.log.map(({ user }) => user)).toContain('silly');
  });
});
