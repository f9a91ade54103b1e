import { run } from './phases.ts';

/** Brings the embedded cluster up by `npm start`. @returns its exit status, and the variables by which tests find it */
export async function startCluster(): Promise<{ status: number; env: { WHARFINGER_START: string } }> {
  const { status, stdout } = await run(['node', 'embedded/src/start/main.ts', '--json'], { capture: true });
  return { status, env: { WHARFINGER_START: stdout.trim().split('\n').at(-1) ?? '' } };
}
