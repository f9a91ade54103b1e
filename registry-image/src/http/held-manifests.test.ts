import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { mediaTypes } from '../registry/manifest-format.ts';
import { imageManifest, startServer } from './test-server.ts';

describe('a PUT of a manifest while writes are paused', () => {
  it('is held before its body is read, and goes on when they are not', async () => {
    const server = await startServer();
    const config = await server.pushBlob('a', '{}');
    const text = imageManifest({ config, layers: [] });
    await server.gate.set('paused');
    const request = httpRequest(`${server.url}/v2/a/manifests/v1`, {
      method: 'PUT',
      headers: { 'Content-Type': mediaTypes.ociManifest, 'Content-Length': text.length },
    });
    const status = new Promise((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
    });
    // Nothing of the body has been sent yet.
    request.flushHeaders();
    await expect.poll(() => server.gate.held).toBe(1);
    request.end(text);
    await server.gate.set('open');
    expect(await status).toBe(201);
  });
});
