import { loadConfig } from './config-file.ts';
import { printConfig } from './config/print.ts';
import type { TextSink } from './subcommand.ts';

/**
 * `registry config`: prints the config that holds in the end (file, variables, defaults) as a config.yml without secrets.
 * Warnings go to standard error.
 * @throws ConfigError with everything that is wrong
 */
export async function printEffectiveConfig(path: string, stdout: TextSink, stderr: TextSink): Promise<void> {
  const { config, warnings } = await loadConfig(path);
  for (const warning of warnings) stderr.write(`warning: ${warning}\n`);
  stdout.write(printConfig(config));
}
