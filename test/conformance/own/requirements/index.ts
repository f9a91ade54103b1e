import type { Requirement, Section } from '../requirement.ts';
import { api } from './api.ts';
import { discovery } from './discovery.ts';
import { management } from './management.ts';
import { pull } from './pull.ts';
import { push } from './push.ts';

/** Every MUST and SHOULD for registries, in the order of the specification. Sentences for clients are not in it. */
export const sections: readonly Section[] = [...pull, ...push, ...discovery, ...management, ...api];

export const requirements: ReadonlyMap<string, Requirement> = new Map(
  sections.flatMap((section) => Object.entries(section.requirements)),
);
