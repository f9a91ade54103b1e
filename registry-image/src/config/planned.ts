/**
 * Keys that distribution knows and this registry does not serve yet. They are known by name, so that whoever uses one
 * is told so instead of being left with a registry that ignores it.
 */
export const storageDrivers = [
  'filesystem',
  'inmemory',
  's3',
  's3aws',
  'azure',
  'gcs',
  'swift',
  'oss',
  'testdriver',
] as const;
export const authProviders = ['htpasswd', 'token', 'silly'] as const;

export const plannedKeys: readonly string[] = [
  'loglevel',
  'log.hooks',
  ...storageDrivers
    .filter((name) => name !== 'filesystem' && name !== 'inmemory')
    .map((name) => `storage.${name}`),
  'reporting',
  'http.tls.letsencrypt',
  'notifications',
  'redis',
  'proxy',
];
