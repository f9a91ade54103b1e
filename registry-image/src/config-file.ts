import { readFile } from 'node:fs/promises';
import { ConfigError, type ParsedConfig, parseConfig } from './config/parse.ts';

/** Reads and checks a config file. Throws a ConfigError with every problem. */
export async function loadConfig(path: string): Promise<ParsedConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : (error as Error).message;
    throw new ConfigError([`the config file ${path} cannot be read: ${reason}`]);
  }
  return parseConfig(text, process.env);
}
