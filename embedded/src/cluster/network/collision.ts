import { overlaps, parseCidr } from './cidr.ts';

/** One entry of `ip -json route show table all`, as far as it is read here. */
export interface Route {
  dst: string;
  dev?: string;
  type?: string;
}

/** A route of the machine that shares addresses with a range that the cluster wants. */
export interface Collision {
  range: string;
  route: Route;
}

/** Finds the first of `routes` that overlaps one of `ranges`. Default routes and the devices `ownDevices` do not count. */
export function findCollision(
  routes: readonly Route[],
  ranges: readonly string[],
  ownDevices: ReadonlySet<string>,
): Collision | undefined {
  for (const route of routes) {
    if (!isSpecific(route.dst) || ownDevices.has(route.dev ?? '')) continue;
    const range = ranges.find((candidate) => overlaps(parseCidr(candidate), parseCidr(route.dst)));
    if (range) return { range, route };
  }
  return undefined;
}

function isSpecific(destination: string): boolean {
  return destination !== 'default' && !destination.includes(':') && !/\/[0-7]$/.test(destination);
}
