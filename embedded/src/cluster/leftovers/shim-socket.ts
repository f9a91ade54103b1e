import { createHash } from 'node:crypto';
import { posix } from 'node:path';

/** Where every containerd's shims listen, whatever containerd's own directories are. */
const socketDirectory = '/run/containerd/s';

/** The socket of the shim with this command line (fields separated by NUL), or undefined when it names none. */
export function shimSocket(commandLine: string): string | undefined {
  const args = commandLine.split('\0');
  const [address, namespace, id] = ['-address', '-namespace', '-id'].map((flag) => {
    const index = args.indexOf(flag);
    return index < 0 ? undefined : args[index + 1];
  });
  if (!address || !namespace || !id) return undefined;
  const name = createHash('sha256')
    .update(posix.join(address, namespace, id))
    .digest('hex');
  return posix.join(socketDirectory, name);
}
