/** What tells one of the project's images from the other. */
export interface ImageDefinition {
  /** Last part of the reference, and the folder of the bundle under `/usr/lib/wharfinger`. */
  readonly name: ImageName;
  /** The npm workspace that holds the Containerfile. */
  readonly workspace: string;
  /** Command on the image's PATH -> the TypeScript entry it runs, from the repository's root. */
  readonly commands: Readonly<Record<string, string>>;
  /** Program that a command starts from beside itself -> the TypeScript entry. */
  readonly programs: Readonly<Record<string, string>>;
  /** Folders and files, from the repository's root, whose content decides the image's content. */
  readonly sources: readonly string[];
  /** Path in the image -> file in the repository, for what is copied as it is. */
  readonly files: Readonly<Record<string, string>>;
  /** Programs of this machine's Debian that are needed under the same paths; the libraries of Node are all they may need. */
  readonly systemPrograms: readonly string[];
}

export type ImageName = 'registry' | 'operator';

export const imageDefinitions: Readonly<Record<ImageName, ImageDefinition>> = {
  registry: {
    name: 'registry',
    workspace: 'registry-image',
    commands: { registry: 'registry-image/src/main.ts', htpasswd: 'registry-image/src/htpasswd.ts' },
    programs: {
      worker: 'registry-image/src/supervisor/worker.ts',
      collector: 'registry-image/src/supervisor/collector.ts',
    },
    sources: ['registry-image'],
    files: { 'etc/docker/registry/config.yml': 'registry-image/config-default.yml' },
    systemPrograms: [],
  },
  operator: {
    name: 'operator',
    workspace: 'operator',
    commands: { operator: 'operator/src/main.ts', 'node-trust-agent': 'operator/src/node-agent/main.ts' },
    programs: {},
    sources: ['operator', 'registry-image/src/config', 'registry-image/package.json'],
    files: {},
    // Node cannot change its root folder by itself; the commands of a node's certificate store run in the node's.
    systemPrograms: ['/usr/sbin/chroot'],
  },
};

/** Packages with native code: they stay packages in the image, everything else is bundled. */
export const nativePackages: readonly string[] = ['@node-rs/bcrypt'];
