import type { Config } from './config/schema.ts';
import type { StorageDriver } from './storage/driver.ts';
import { withManyThreads } from './storage/thread-pool.ts';
import { version } from './version.ts';

const usage = `Usage: registry COMMAND

Commands:
  serve [CONFIG]                      serve a registry; what is done when no command is given
  garbage-collect [OPTIONS] [CONFIG]  delete what no tag and no lease keeps alive; --help tells its options
  verify [OPTIONS] [CONFIG]           check everything in the storage, and mend it with --repair; --help tells more
  backup --to DIRECTORY [CONFIG]      copy the storage into a backup, while it is served; --help tells more
  restore --from DIRECTORY [CONFIG]   put into the storage what a backup has and the storage lacks; --help tells more
  config [CONFIG]                     check CONFIG and print what holds in the end, with variables and defaults and
                                      without secrets
  --version                           print the version
  --help                              print this text

CONFIG is a config.yml; without it the variable REGISTRY_CONFIGURATION_PATH names it, else it is
/etc/docker/registry/config.yml. Each of its keys can be overridden by a variable REGISTRY_SECTION_KEY.

Exit status: 0 done; 1 the config is wrong or the command failed, the reason is on standard error;
2 the command line is wrong; 3 there is damage (verify, backup, restore).
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

async function openStore(path: string | undefined): Promise<{ config: Config; driver: StorageDriver }> {
  const [{ loadConfig }, { findConfigPath }, { openStorage }] = await Promise.all([
    import('./config-file.ts'),
    import('./config/location.ts'),
    import('./storage/open.ts'),
  ]);
  const { config } = await loadConfig(findConfigPath(path === undefined ? [] : [path], process.env));
  return { config, driver: await openStorage({ config, blocking: true }) };
}

/** Runs a command whose only argument is the path of config.yml. */
async function withConfigArgument(command: 'serve' | 'config', argv: readonly string[]): Promise<number> {
  const wrong = argv.find((word) => word.startsWith('-')) ?? argv[1];
  if (wrong === '--help' || wrong === '-h') return dispatch('--help', []);
  if (wrong !== undefined) {
    process.stderr.write(
      `${command} takes at most one argument, the path of config.yml, and not '${wrong}'.\n\n${usage}`,
    );
    return 2;
  }
  if (command === 'serve') {
    const { serve } = await import('./supervisor/serve.ts');
    return serve(argv, version);
  }
  const [{ printEffectiveConfig }, { findConfigPath }] = await Promise.all([
    import('./config-command.ts'),
    import('./config/location.ts'),
  ]);
  await printEffectiveConfig(findConfigPath(argv, process.env), process.stdout, process.stderr);
  return 0;
}

/** Of the first SIGTERM or SIGINT; a second one ends this process at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => controller.abort(new Error(`${signal} ended it`)));
  return controller.signal;
}

/** What a command works with that needs the storage alone, and may be interrupted. */
function onDriver(argv: readonly string[]) {
  const openDriver = async (path: string | undefined): Promise<StorageDriver> =>
    (await openStore(path)).driver;
  const { stdout, stderr } = process;
  return { argv, openStore: openDriver, stdout, stderr, signal: interruption() };
}

async function dispatch(command: string, argv: readonly string[]): Promise<number> {
  switch (command) {
    case 'serve':
    case 'config':
      return withConfigArgument(command, argv);
    case 'garbage-collect': {
      // Before anything uses the pool.
      Object.assign(process.env, withManyThreads(process.env));
      const { runGarbageCollect } = await import('./gc/command.ts');
      return runGarbageCollect(onDriver(argv));
    }
    case 'backup': {
      const { runBackup } = await import('./backup/command.ts');
      return runBackup(onDriver(argv));
    }
    case 'restore': {
      const { runRestore } = await import('./backup/command.ts');
      return runRestore(onDriver(argv));
    }
    case 'verify': {
      const { runVerify } = await import('./verify/command.ts');
      return runVerify({ argv, openStore, stdout: process.stdout, stderr: process.stderr });
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
