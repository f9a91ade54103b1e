import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where built binaries and images are kept between runs, from the environment `env`. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env['WHARFINGER_CACHE']) return env['WHARFINGER_CACHE'];
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'wharfinger');
}
