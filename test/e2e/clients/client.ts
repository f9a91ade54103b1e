import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Access } from '../../support/registry-client.ts';

/** What the clients work with: a registry, and folders on this machine. */
export interface Room {
  readonly access: Access;
  /** Everything that a client writes lies below it. */
  readonly folder: string;
  /** A folder that holds `ca.crt`. */
  readonly certs: string;
  /** OCI layouts with one image, and with one index of linux/amd64 and linux/arm64. */
  readonly layout: string;
  readonly multiArchLayout: string;
  /** The same two images as entries of the layout. */
  readonly flatLayout: string;
}

/** One real client: the command lines of what every user does with it. What it has no command for is absent. */
export interface Client {
  readonly name: string;
  /** Starts what the client needs; resolves with what ends it. */
  readonly begin?: () => Promise<() => Promise<void>>;
  readonly env: (trusted: boolean) => NodeJS.ProcessEnv;
  /** Reads the password from standard input. */
  readonly login: () => string[];
  /** True: `login` stores what it is given without asking the registry. */
  readonly loginIsBlind?: boolean;
  readonly push: (reference: string, trusted: boolean) => string[][];
  readonly pull: (reference: string) => string[];
  readonly pushMultiArch: (reference: string) => string[][];
  readonly pullPlatform: (reference: string, architecture: string) => string[];
  readonly tags?: (repository: string) => string[];
  readonly remove?: (reference: string) => string[];
}

/** A new empty folder for a client. */
export function fresh(room: Room, name: string): string {
  return mkdtempSync(join(room.folder, `${name}-`));
}
