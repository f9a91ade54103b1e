import type { StorageDriver } from './storage/driver.ts';
import { version } from './version.ts';

const usage = `Usage: registry COMMAND

Commands:
  serve [CONFIG]                      serve a registry; what is done when no command is given
  garbage-collect [OPTIONS] [CONFIG]  delete what no tag and no lease keeps alive; --help tells its options
  --version                           print the version
  --help                              print this text

CONFIG is a config.yml; without it the variable REGISTRY_CONFIGURATION_PATH names it, else it is
/etc/docker/registry/config.yml. Each of its keys can be overridden by a variable REGISTRY_SECTION_KEY.

Exit status: 0 done; 1 the config is wrong or the command failed, the reason is on standard error;
2 the command line is wrong.
`;

/** Runs the command of these arguments (without node and script) and gives its exit status. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const [command = 'serve', ...rest] = argv;
  try {
    return await dispatch(command, rest);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

async function openStore(path: string | undefined): Promise<StorageDriver> {
  const [{ loadConfig }, { findConfigPath }, { createFilesystemDriver }] = await Promise.all([
    import('./config-file.ts'),
    import('./config/location.ts'),
    import('./storage/filesystem.ts'),
  ]);
  const { config } = await loadConfig(findConfigPath(path === undefined ? [] : [path], process.env));
  return createFilesystemDriver({ rootDirectory: config.storage.filesystem.rootdirectory });
}

async function dispatch(command: string, argv: readonly string[]): Promise<number> {
  switch (command) {
    case 'serve': {
      const wrong = argv.find((word) => word.startsWith('-')) ?? argv[1];
      if (wrong === '--help' || wrong === '-h') return dispatch('--help', []);
      if (wrong !== undefined) {
        process.stderr.write(
          `serve takes at most one argument, the path of config.yml, and not '${wrong}'.\n\n${usage}`,
        );
        return 2;
      }
      const { serve } = await import('./supervisor/serve.ts');
      return serve(argv, version);
    }
    case 'garbage-collect': {
      const { runGarbageCollect } = await import('./gc/command.ts');
      return runGarbageCollect({ argv, openStore, stdout: process.stdout, stderr: process.stderr });
    }
    case '--version':
    case '-v':
    case 'version':
      process.stdout.write(`registry ${version}\n`);
      return 0;
    case '--help':
    case '-h':
    case 'help':
      process.stdout.write(usage);
      return 0;
    default:
      process.stderr.write(`'${command}' is not a command of registry.\n\n${usage}`);
      return 2;
  }
}
