import { type FlagName, registryFlags } from './flags.ts';

/** What a command takes. */
export interface Synopsis {
  /** Operands by the names that the usage gives them; all are needed. */
  readonly operands: readonly string[];
  /** Beside the global flags. */
  readonly flags: readonly FlagName[];
  /** As the usage shows it, after the operands. */
  readonly options: string;
  readonly summary: string;
  /** Further lines of `COMMAND -h`. */
  readonly details: string;
}

export const synopses = {
  view: {
    operands: [],
    flags: [...registryFlags, 'output'],
    options: '[-o json]',
    summary: 'list the repositories, with the number of their tags',
    details: '',
  },
  tags: {
    operands: ['IMAGE'],
    flags: [...registryFlags, 'output'],
    options: '[-o json]',
    summary: 'list the tags of an image, with their digests',
    details: '',
  },
  delete: {
    operands: ['IMAGE', 'REFERENCE'],
    flags: [...registryFlags, 'gc', 'yes', 'timeout'],
    options: '[--gc] [--yes]',
    summary: 'delete the manifest that a tag or digest names',
    details: `All tags of the manifest go with it. When there are others than REFERENCE, or indexes that list the manifest, it
tells them first and asks, or without a terminal refuses, unless --yes is given. Layers that other images use stay.

  --gc          then collect what no image needs any more, manifests without a tag too, and wait for the end
  -y, --yes     do not ask
  --timeout D   with --gc: wait no longer than this, such as 90s, 10m or 1h
`,
  },
  gc: {
    operands: [],
    flags: ['dry-run', 'delete-untagged', 'min-age', 'wait', 'timeout', 'output'],
    options: '[--dry-run] [--delete-untagged] [--min-age D] [--wait=false]',
    summary: 'create a GarbageCollection and follow it to its end',
    details: `  --dry-run          delete nothing, print the plan
  --delete-untagged  delete manifests that no tag leads to
  --min-age D        keep what was pushed more recently than this (24h); 0s keeps nothing for its age
  --wait=false       do not follow it: kubectl get garbagecollections tells how it goes
  --timeout D        follow it no longer than this, such as 90s, 10m or 1h; it goes on without you
  -o json            print the GarbageCollection as it ended
`,
  },
  'read-only': {
    operands: ['on|off|status'],
    flags: ['output', 'timeout'],
    options: '',
    summary: 'refuse every push and deletion, or take them again; reads go on',
    details: `  --timeout D   wait no longer than this until every pod does so (5m)
  -o json       with status: print the condition
`,
  },
  restart: {
    operands: [],
    flags: ['timeout'],
    options: '',
    summary: 'replace the pods one after the other',
    details: `As kubectl rollout restart does; it waits for the end. With one replica nothing serves
between the end of the old pod and the start of the new one. A garbage collection restarts the serving processes by
itself, without a gap.

  --timeout D   wait no longer than this (10m)
`,
  },
  purge: {
    operands: ['NAME'],
    flags: [...registryFlags, 'yes-delete-everything', 'timeout'],
    options: '--yes-delete-everything',
    summary: 'delete every image of the Registry NAME',
    details: `Deletes every manifest through the registry, then collects all that is left, whatever its age. It cannot be brought back,
by restoreFrom either: its space is freed at once.

  --timeout D   follow the collection no longer than this, such as 90s, 10m or 1h
`,
  },
  backup: {
    operands: ['CLAIM', 'FILE'],
    flags: ['keep', 'schedule', 'timeout'],
    options: '[--keep N] [--schedule CRON]',
    summary: 'back up the storage to a claim, and the Registry with its Secrets to FILE',
    details: `A Job copies what the claim lacks while the registry serves. The volume of CLAIM must outlive the namespace: another
storage, or a PersistentVolume with reclaim policy Retain. FILE gets the Registry, its CA, certificates, users and
passwords as manifests: keep it as secret as these are. It is written for its owner alone.

  --keep N      keep the newest N snapshots, and in time only the blobs that they need; all by default
  --schedule C  in place of a Job create the CronJob REGISTRY-backup, or change it: '0 3 * * *' is each night at three.
                FILE is as it is now: write it anew when users or certificates change
  --timeout D   wait no longer than this, such as 90s, 10m or 1h; the Job goes on without you
`,
  },
  restore: {
    operands: ['CLAIM', 'FILE'],
    flags: ['snapshot', 'overwrite-tags', 'timeout'],
    options: '[--snapshot NAME] [--overwrite-tags]',
    summary: 'bring back a Registry from FILE and its storage from a claim',
    details: `Creates what FILE has and the namespace lacks, Secrets first, and changes nothing that is there. Then a Job puts into the
storage what the backup has and the storage lacks. The registry serves meanwhile; a run that was ended is run again.

  --snapshot NAME   the snapshot; the newest by default
  --overwrite-tags  set tags that name something else back to what the snapshot says; by default they stay
  --timeout D       wait no longer than this for each of the two, such as 90s, 10m or 1h (10m until the Registry is there)
`,
  },
} as const satisfies Record<string, Synopsis>;

export type CommandName = keyof typeof synopses;
