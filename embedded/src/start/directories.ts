import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the files for the user of the embedded cluster are. */
export const embeddedDirectory = '/var/lib/wharfinger/start';

/** Where the files for the user of the cluster behind a kubeconfig context are. */
export function contextDirectory(context: string, env: NodeJS.ProcessEnv = process.env): string {
  const state = env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state');
  return join(state, 'wharfinger', encodeURIComponent(context));
}
