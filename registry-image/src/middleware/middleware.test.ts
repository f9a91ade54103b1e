import { createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../config/index.ts';
import { middlewareOptions } from '../config/sections/middleware.ts';
import { startServer } from '../http/test-server.ts';
import { digestOf } from '../registry/digest.ts';
import { blobDataPath } from '../storage/paths.ts';
import { loadMiddleware } from './apply.ts';
import { registeredMiddleware } from './registered.ts';

const log = pino({ enabled: false });
const content = 'the data of a blob';
const path = blobDataPath(digestOf(content));

/** Where a GET of a blob is sent with these storage middlewares: '' when the data itself is answered. */
async function locationOf(
  storage: object[],
  options: { headers?: Record<string, string>; storage?: object } = {},
): Promise<string> {
  const server = await startServer({
    yaml: `middleware: ${JSON.stringify({ storage })}\nstorage: ${JSON.stringify(options.storage ?? {})}`,
  });
  const digest = await server.pushBlob('a', content);
  const answer = await server.request('GET', `/v2/a/blobs/${digest}`, { headers: options.headers ?? {} });
  const body = await answer.text();
  const location = answer.headers.get('location') ?? '';
  expect([answer.status, body]).toEqual(location === '' ? [200, content] : [307, '']);
  return location;
}

const redirect = { name: 'redirect', options: { baseurl: 'https://cdn.example:5443/' } };

describe('storage middleware redirect', () => {
  it('sends a GET of a blob to the path of its data, and nothing else', async () => {
    expect(await locationOf([redirect])).toBe(`https://cdn.example:5443${path}`);
    const nested = { name: 'redirect', options: { baseurl: 'http://cdn.example/some/where' } };
    expect(await locationOf([nested])).toBe(`http://cdn.example/some/where${path}`);

    const server = await startServer({ yaml: `middleware: {storage: [${JSON.stringify(redirect)}]}` });
    const digest = await server.pushBlob('a', content);
    const get = await server.request('GET', `/v2/a/blobs/${digest}`);
    expect(get.headers.get('docker-content-digest')).toBe(digest);
    // A redirect that is kept for a year would outlive the place.
    expect(get.headers.get('cache-control')).toBeNull();
    const head = await server.request('HEAD', `/v2/a/blobs/${digest}`);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(content.length)]);
    const unknown = await server.request('GET', `/v2/other/blobs/${digest}`);
    expect(unknown.status).toBe(404);
  });

  it('does nothing when it is disabled, or redirects are', async () => {
    expect(await locationOf([{ ...redirect, disabled: true }])).toBe('');
    expect(await locationOf([redirect], { storage: { redirect: { disable: true } } })).toBe('');
  });
});

describe('storage middleware rewrite', () => {
  it('changes scheme, host and path of a redirect', async () => {
    const rewrite = (options: object): object => ({ name: 'rewrite', options });
    expect(await locationOf([redirect, rewrite({ scheme: 'http' })])).toBe(`http://cdn.example:5443${path}`);
    expect(await locationOf([redirect, rewrite({ host: 'edge.example' })])).toBe(
      `https://edge.example${path}`,
    );
    expect(await locationOf([redirect, rewrite({ trimpathprefix: '/docker/registry' })])).toBe(
      `https://cdn.example:5443${path.slice('/docker/registry'.length)}`,
    );
    // The first of the list is the innermost; without a redirect there is nothing to rewrite.
    expect(await locationOf([rewrite({ scheme: 'http' }), redirect])).toBe(`https://cdn.example:5443${path}`);
    expect(await locationOf([rewrite({ host: 'edge.example' })])).toBe('');
  });
});

describe('storage middleware cloudfront', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

  function keyFile(pem: string | Buffer = privateKey.export({ type: 'pkcs1', format: 'pem' })): string {
    const directory = mkdtempSync(join(tmpdir(), 'cloudfront-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, 'key.pem'), pem);
    return join(directory, 'key.pem');
  }

  function middleware(options: object = {}): object {
    return {
      name: 'cloudfront',
      options: {
        baseurl: 'https://d111.cloudfront.example/',
        privatekey: keyFile(),
        keypairid: 'KEYPAIR1',
        ...options,
      },
    };
  }

  it.each([
    [{}, 20 * 60],
    [{ duration: '3000s' }, 3000],
  ])('signs with the canned policy (%j)', async (options, seconds) => {
    const before = Math.floor(Date.now() / 1000);
    const url = new URL(await locationOf([middleware(options)]));
    expect(url.origin + url.pathname).toBe(`https://d111.cloudfront.example${path}`);
    expect([...url.searchParams.keys()]).toEqual(['Expires', 'Signature', 'Key-Pair-Id']);
    expect(url.searchParams.get('Key-Pair-Id')).toBe('KEYPAIR1');
    const expires = Number(url.searchParams.get('Expires'));
    expect(expires - before - seconds).toBeGreaterThanOrEqual(0);
    expect(expires - before - seconds).toBeLessThan(30);
    const policy = `{"Statement":[{"Resource":"https://d111.cloudfront.example${path}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
    const signature = (url.searchParams.get('Signature') ?? '')
      .replaceAll('-', '+')
      .replaceAll('_', '=')
      .replaceAll('~', '/');
    const verifies = (text: string): boolean =>
      createVerify('RSA-SHA1')
        .update(text)
        .verify(createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })), signature, 'base64');
    expect(verifies(policy)).toBe(true);
    expect(verifies(policy.replace('d111', 'd222'))).toBe(false);
  });

  it('takes a host alone as base', async () => {
    const url = await locationOf([middleware({ baseurl: 'd111.cloudfront.example/sub' })]);
    expect(url).toContain(`https://d111.cloudfront.example/sub${path}?Expires=`);
  });

  it('sends clients nothing of its base but scheme, host and path', async () => {
    const baseurl = 'https://user:secret@d111.cloudfront.example/a%20b/?token=secret#top';
    const url = await locationOf([middleware({ baseurl })]);
    expect(url).toContain(`https://d111.cloudfront.example/a%20b${path}?Expires=`);
    expect(url).not.toContain('secret');
  });

  /** A server with address ranges that tells how often it was asked. */
  async function rangesServer(ranges: object | undefined): Promise<{ url: string; asked: () => number }> {
    let asked = 0;
    const server = createServer((_, response) => {
      asked++;
      response.writeHead(ranges ? 200 : 500).end(JSON.stringify(ranges ?? {}));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/ip-ranges.json`, asked: () => asked };
  }

  const ranges = {
    prefixes: [
      { ip_prefix: '198.51.100.0/24', region: 'us-east-1', service: 'AMAZON' },
      { ip_prefix: '203.0.113.0/24', region: 'eu-west-1', service: 'AMAZON' },
    ],
    ipv6_prefixes: [{ ipv6_prefix: '2001:db8::/32', region: 'us-east-1', service: 'AMAZON' }],
  };

  /** Which of these clients gets the data from the registry, once the ranges are known. */
  async function direct(options: object, clients: readonly string[]): Promise<string[]> {
    const { url, asked } = await rangesServer(ranges);
    const config = parseConfig(
      `version: 0.1\nmiddleware: {storage: [${JSON.stringify(middleware({ iprangesurl: url, ...options }))}]}`,
      {},
    ).config;
    const loaded = await loadMiddleware(config.middleware, log);
    const server = await startServer({ middleware: loaded });
    const digest = await server.pushBlob('a', content);
    const statusFor = async (client: string): Promise<number> => {
      const headers = { 'X-Forwarded-For': `${client}, 10.0.0.1` };
      return (await server.request('GET', `/v2/a/blobs/${digest}`, { headers })).status;
    };
    // Until the ranges are known, everybody goes to CloudFront.
    expect(await statusFor(clients[0] ?? '')).toBe(307);
    const filters = (options as { ipfilteredby?: string }).ipfilteredby;
    if (filters !== undefined && filters !== 'none') await expect.poll(asked).toBe(1);
    const found = new Set<string>();
    await expect
      .poll(async () => {
        for (const client of clients) if ((await statusFor(client)) === 200) found.add(client);
        return filters === 'aws' || filters === 'awsregion' ? found.size > 0 : true;
      })
      .toBe(true);
    for (const client of clients) if ((await statusFor(client)) === 200) found.add(client);
    if (filters === undefined || filters === 'none') expect(asked()).toBe(0);
    return [...found].sort();
  }

  const clients = ['198.51.100.7', '203.0.113.7', '192.0.2.7', '2001:db8::7', '::ffff:198.51.100.8'];

  it('lets clients of AWS, or of some of its regions, go elsewhere', async () => {
    expect(await direct({}, clients)).toEqual([]);
    expect(await direct({ ipfilteredby: 'none' }, clients)).toEqual([]);
    expect(await direct({ ipfilteredby: 'aws' }, clients)).toEqual(
      ['198.51.100.7', '2001:db8::7', '203.0.113.7', '::ffff:198.51.100.8'].sort(),
    );
    expect(await direct({ ipfilteredby: 'awsregion', awsregion: 'ap-south-1, EU-West-1' }, clients)).toEqual([
      '203.0.113.7',
    ]);
  });

  it.each([
    ['updatefrequency', ranges],
    ['updatefrenquency', ranges],
    ['updatefrequency', undefined],
  ] as const)('fetches the ranges again after %s (%j)', async (key, answered) => {
    const { url, asked } = await rangesServer(answered);
    const options = { iprangesurl: url, ipfilteredby: 'aws', [key]: '100ms' };
    const server = await startServer({
      yaml: `middleware: {storage: [${JSON.stringify(middleware(options))}]}`,
    });
    const digest = await server.pushBlob('a', content);
    const statuses = new Set<number>();
    await expect
      .poll(async () => {
        const headers = { 'X-Forwarded-For': '198.51.100.7' };
        statuses.add((await server.request('GET', `/v2/a/blobs/${digest}`, { headers })).status);
        return asked();
      })
      .toBeGreaterThanOrEqual(3);
    // Without the ranges it goes on with CloudFront, and says so.
    const warned = server.log.some(({ msg }) => msg === 'the address ranges of AWS cannot be fetched');
    expect([[...statuses].sort((a, b) => a - b), warned]).toEqual(
      answered ? [[200, 307], false] : [[307], true],
    );
  });

  it('says what is wrong with the key file, and nothing of its content', async () => {
    const load = (privatekey: string): Promise<unknown> => {
      const { config } = parseConfig(
        `version: 0.1\nmiddleware: {storage: [${JSON.stringify(middleware({ privatekey }))}]}`,
        {},
      );
      return loadMiddleware(config.middleware, log).then((loaded) => {
        const redirects = { urlFor: async () => undefined };
        return loaded.storage({ driver: undefined as never, redirects });
      });
    };
    const setting = 'middleware.storage.0.options.privatekey';
    await expect(load('/nowhere/key.pem')).rejects.toThrow(
      `${setting}: the file /nowhere/key.pem cannot be read (ENOENT); mount it there`,
    );
    const secret = keyFile('secret');
    await expect(load(secret)).rejects.toThrow(
      `${setting}: the file ${secret} must hold an RSA private key in PEM`,
    );
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const path = keyFile(ec.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await expect(load(path)).rejects.toThrow('must hold an RSA private key in PEM');
  });
});

describe('registered middleware', () => {
  it('has the same names as the schemas of the options', () => {
    for (const kind of ['registry', 'repository', 'storage'] as const) {
      expect([...registeredMiddleware[kind].keys()].sort()).toEqual(
        Object.keys(middlewareOptions[kind]).sort(),
      );
    }
  });

  it.each([
    [
      'storage: [{name: cloudfornt}]',
      'middleware.storage.0.name: there is no such middleware; the ones known are cloudfront, redirect, rewrite',
    ],
    [
      'registry: [{name: ARegistryMiddleware}]',
      'middleware.registry.0.name: there is no such middleware; there is none',
    ],
    ['repository: [{name: x}]', 'middleware.repository.0.name: there is no such middleware'],
    ['storage: [{name: redirect}]', 'middleware.storage.0.options.baseurl: is required'],
    [
      'storage: [{name: redirect, options: {baseurl: example.com}}]',
      'middleware.storage.0.options.baseurl: must be a URL',
    ],
    [
      'storage: [{name: redirect, options: {baseurl: "https://a", url: x}}]',
      'middleware.storage.0.options.url',
    ],
  ])('%s is refused', (yaml, problem) => {
    expect(() => parseConfig(`version: 0.1\nmiddleware: {${yaml}}`, {})).toThrow(problem);
  });

  it('may be unknown when it is disabled', () => {
    const yaml = 'registry: [{name: x, disabled: true}], repository: [{name: y, disabled: true}]';
    expect(parseConfig(`version: 0.1\nmiddleware: {${yaml}}`, {}).config.middleware.registry).toHaveLength(1);
  });

  it('can be added: around the registry, each repository and the storage', async () => {
    const seen: string[] = [];
    const wrapped = await loadMiddleware(
      {
        registry: [
          { name: 'r', disabled: false, options: { suffix: '!' } },
          { name: 'r', disabled: true, options: { suffix: '?' } },
        ],
        repository: [{ name: 'p', disabled: false, options: {} }],
        storage: [{ name: 's', disabled: false, options: {} }],
      },
      log,
      {
        registry: new Map([
          [
            'r',
            async () =>
              async (next, { options }) => ({
                ...next,
                catalog: {
                  ...next.catalog,
                  list: async () => ({ items: [`one${String(options['suffix'])}`], more: false }),
                },
              }),
          ],
        ]),
        repository: new Map([
          [
            'p',
            async () => async () => (next, repository) => {
              seen.push(repository);
              return next;
            },
          ],
        ]),
        storage: new Map([
          [
            's',
            async () => async (next) => ({
              ...next,
              driver: {
                ...next.driver,
                name: 'wrapped',
                putContent: async (...args) => {
                  seen.push('put');
                  await next.driver.putContent(...args);
                },
              },
            }),
          ],
        ]),
      },
    );
    const server = await startServer({ middleware: wrapped });
    const catalog = await server.request('GET', '/v2/_catalog');
    expect(await catalog.json()).toEqual({ repositories: ['one!'] });
    expect(seen).toEqual([]);
    await server.pushBlob('team/app', 'x');
    expect(new Set(seen)).toEqual(new Set(['team/app', 'put']));
  });
});
