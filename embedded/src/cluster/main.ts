import { createProgress } from '../progress.ts';
import { describeCluster } from './cluster.ts';
import { createContext } from './options.ts';
import type { ClusterOptions } from './options.ts';
import { restartKubelet } from './restart-kubelet.ts';
import { startCluster } from './start.ts';
import { inspectCluster } from './status.ts';
import { stopCluster } from './stop.ts';

const usage = 'usage: main.ts up | down [--keep] | status | kubelet-restart\n';

async function main([command = '', ...flags]: readonly string[]): Promise<number> {
  const options: ClusterOptions = { progress: createProgress() };
  switch (command) {
    case 'up':
      print(await startCluster(options));
      return 0;
    case 'down':
      await stopCluster({ ...options, wipe: !flags.includes('--keep') });
      return 0;
    case 'status': {
      const status = await inspectCluster(await createContext(options));
      print(status);
      return status.running ? 0 : 1;
    }
    case 'kubelet-restart':
      await restartKubelet(describeCluster(await createContext(options)), options);
      return 0;
    default:
      process.stderr.write(usage);
      return 2;
  }
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
