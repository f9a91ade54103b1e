import type { ServedRegistry } from '@wharfinger/operator';
import { restoreObjects } from './backup/restored-objects.ts';
import { chosenRegistry } from './cluster/chosen-registry.ts';
import { type Cluster, type ClusterOptions, openCluster } from './cluster/cluster.ts';
import { type CommandLine, parseCommandLine } from './command-line/command-line.ts';
import { UsageError } from './command-line/usage-error.ts';
import { commandUsage, usage } from './command-line/usage.ts';
import { commands } from './commands/index.ts';
import { createSession } from './session.ts';
import type { Terminal } from './terminal.ts';

/** Exit codes, as the usage tells them. */
const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

/** Runs a command line, without `kubectl registry`. @returns the exit code */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  if (args.length === 0) {
    terminal.progress(usage().trimEnd());
    return exitCodes.usage;
  }
  try {
    const parsed = parseCommandLine(args);
    if ('help' in parsed) terminal.result(parsed.help === 'all' ? usage() : commandUsage(parsed.help));
    else await runCommand(parsed, terminal);
    return exitCodes.done;
  } catch (error) {
    terminal.progress(`error: ${error instanceof Error ? error.message : String(error)}`);
    if (!(error instanceof UsageError)) return exitCodes.failed;
    terminal.progress('kubectl registry -h shows how it is used');
    return exitCodes.usage;
  }
}

async function runCommand({ command, operands, flags }: CommandLine, terminal: Terminal): Promise<void> {
  const cluster = openCluster(flags satisfies ClusterOptions);
  try {
    const registry = await registryOf({ command, operands, flags }, cluster, terminal);
    await commands[command](createSession({ cluster, registry, flags, terminal }), operands);
  } finally {
    await cluster.close();
  }
}

function registryOf(
  { command, operands, flags }: CommandLine,
  cluster: Cluster,
  terminal: Terminal,
): Promise<ServedRegistry> {
  if (command === 'restore') return restoreObjects(cluster, operands[1] ?? '', terminal);
  // The registry to purge is an operand, so that nobody empties one that was chosen for him.
  return chosenRegistry(cluster, command === 'purge' ? operands[0] : flags.registry);
}
