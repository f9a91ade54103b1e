import { describe, expect, it } from 'vitest';
import { OptionsError, readOptions } from './options.ts';

const environment = {
  OPERATOR_NAMESPACE: 'wharfinger-system',
  REGISTRY_IMAGE: 'registry:1',
  POD_NAME: 'operator-0',
};

describe('readOptions', () => {
  it('has defaults for all but the namespace and the image', () => {
    expect(readOptions([], { ...environment, WATCH_NAMESPACE: '' })).toEqual({
      ...environment,
      WATCH_NAMESPACE: [],
      METRICS_NAMESPACES: [],
      LEADER_ELECT: true,
      LEASE_NAME: 'wharfinger',
      METRICS_ADDR: { host: '', port: 8080 },
      HEALTH_ADDR: { host: '', port: 8081 },
      LOG_LEVEL: 'info',
    });
  });

  it('takes flags before variables', () => {
    const args = [
      '--watch-namespace=a, b',
      '--leader-elect',
      'false',
      '--health-addr',
      '127.0.0.1:0',
      '--context',
      'test',
    ];
    expect(readOptions(args, { ...environment, WATCH_NAMESPACE: 'c', CONTEXT: 'ignored' })).toMatchObject({
      WATCH_NAMESPACE: ['a', 'b'],
      LEADER_ELECT: false,
      HEALTH_ADDR: { host: '127.0.0.1', port: 0 },
      CONTEXT: 'test',
    });
  });

  const rows: [string[], Record<string, string>, string][] = [
    [
      [],
      { OPERATOR_NAMESPACE: '' },
      'OPERATOR_NAMESPACE (--operator-namespace) must be set to the namespace of the operator',
    ],
    [
      [],
      { REGISTRY_IMAGE: '' },
      'REGISTRY_IMAGE (--registry-image) must be set to the image that registries run',
    ],
    [
      ['--watch-namespace', 'A'],
      {},
      'WATCH_NAMESPACE (--watch-namespace) must be namespaces, separated by commas',
    ],
    [['--leader-elect', 'yes'], {}, 'LEADER_ELECT (--leader-elect) must be true or false'],
    [['--metrics-addr', '8080'], {}, 'METRICS_ADDR (--metrics-addr) must be HOST:PORT or :PORT'],
    [['--metrics-addr', ':99999'], {}, 'METRICS_ADDR (--metrics-addr) must have a port up to 65535'],
    [['--nonsense'], {}, "Unknown option '--nonsense'"],
  ];

  it.each(rows)('refuses %j %j', (args, changes, message) => {
    expect(() => readOptions(args, { ...environment, ...changes })).toThrow(OptionsError);
    expect(() => readOptions(args, { ...environment, ...changes })).toThrow(message);
  });
});
