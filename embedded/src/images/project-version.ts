import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The version that the package.json in `root` names. */
export function projectVersion(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return version;
}
