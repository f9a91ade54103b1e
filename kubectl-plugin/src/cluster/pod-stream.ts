import { type Duplex, duplexPair, PassThrough } from 'node:stream';
import { type KubeConfig, PortForward } from '@kubernetes/client-node';
import { CommandError } from '../command-error.ts';
import type { PodPort } from './ready-pod.ts';

/** What is used of the web socket that client-node opens. */
interface Socket {
  on(event: 'close', listener: () => void): void;
  close(): void;
}

const openMs = 30_000;

/**
 * A connection to a port of a pod that goes through the API server, as `kubectl port-forward` makes it, without a port on this machine.
 * It fails with a CommandError.
 */
export async function openPodStream(kubeConfig: KubeConfig, target: PodPort): Promise<Duplex> {
  const { namespace, pod, port } = target;
  const [near, far] = duplexPair();
  const problems = new PassThrough();
  const opening = new PortForward(kubeConfig).portForward(namespace, pod, [port], far, problems, far);
  const socket = (await inTime(opening, target)) as Socket;
  socket.on('close', () => far.end());
  near.on('close', () => socket.close());
  problems.on('data', (text: Buffer) => near.destroy(failure(target, text.toString())));
  return near;
}

async function inTime(opening: Promise<unknown>, target: PodPort): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(failure(target, `no answer within ${openMs / 1000} s`)), openMs);
  });
  try {
    return await Promise.race([opening, late]);
  } catch (error) {
    throw error instanceof CommandError ? error : failure(target, messageOf(error));
  } finally {
    clearTimeout(timer);
  }
}

/** The web socket fails with an event that is no Error. */
function messageOf(problem: unknown): string {
  const { message } = (problem ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : String(problem);
}

function failure({ namespace, pod }: PodPort, reason: string): CommandError {
  const right = reason.includes('403') ? `; you need the right to create pods/portforward there` : '';
  return new CommandError(`cannot forward a port of pod ${pod} in ${namespace}: ${reason.trim()}${right}`);
}
