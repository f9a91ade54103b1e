import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  addonsGroup,
  certManagerGroup,
  clientsGroup,
  fluxGroup,
  healthGroup,
  kubernetesGroup,
  orasGroup,
  peersGroup,
} from './build-groups.ts';
import { groupDirectory } from './group-directory.ts';

const groups = [
  kubernetesGroup,
  addonsGroup,
  clientsGroup,
  orasGroup,
  peersGroup,
  certManagerGroup,
  healthGroup,
  fluxGroup,
];

/** The name of every binary that this workspace builds. */
export type BinaryName =
  | keyof typeof kubernetesGroup.packages
  | keyof typeof addonsGroup.packages
  | keyof typeof clientsGroup.packages
  | keyof typeof orasGroup.packages
  | keyof typeof peersGroup.packages
  | keyof typeof certManagerGroup.packages
  | keyof typeof healthGroup.packages
  | keyof typeof fluxGroup.packages;

/** The path of the built binary `name`. Throws when it was not built yet: see ensureBinaries. */
export function binaryPath(name: BinaryName): string {
  const group = groups.find(({ packages }) => Object.hasOwn(packages, name));
  if (!group) throw new Error(`no group builds ${name}`);
  const path = join(groupDirectory(group), name);
  if (!existsSync(path)) throw new Error(`${name} is not built yet: ${group.title} must be built first`);
  return path;
}
