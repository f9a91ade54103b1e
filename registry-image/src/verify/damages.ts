/** How `registry verify` knows a damage and what `--repair` does about it. */
export interface DamageDescription {
  readonly found: string;
  readonly repair: string;
}

/** Every damage that `registry verify` reports; docs/verify.md is generated from here. */
const table = {
  'blob-content': {
    found: 'The data of a blob has another digest than its directory says.',
    repair:
      'Set aside. A copy with the right digest in the trash or set aside by an earlier run takes its place.',
  },
  'blob-empty': {
    found: 'The data of a blob is empty, and its digest is not that of nothing.',
    repair: 'As `blob-content`.',
  },
  'blob-misplaced': {
    found:
      'The data of a blob lies below a directory that does not carry the first two digits of its digest.',
    repair:
      'Moved to its place when its digest is right and the place is free or holds a damaged blob; else set aside.',
  },
  'layer-link-content': {
    found:
      'A layer link is empty or names another digest than its directory, and the blob of the directory is there.',
    repair: 'Written anew; what it held is set aside.',
  },
  'layer-link-missing': {
    found:
      'A manifest of the repository refers to a blob that is there, and the repository has no link to it.',
    repair: 'Left: a client may have deleted it. Pushing the image again mends it.',
  },
  'layer-link-dangling': {
    found: 'A layer link whose blob is not there, and no manifest of the repository refers to it.',
    repair:
      'The blob is put back from the trash or from what an earlier run set aside; else the link is set aside.',
  },
  'revision-link-content': {
    found:
      'A revision link is empty or names another digest than its directory, and the manifest of the directory is there.',
    repair: 'Written anew; what it held is set aside.',
  },
  'revision-link-missing': {
    found:
      'A tag, or an index of the repository, names a manifest that is there, and the repository has no revision link to it. (Children of an index count only when `validation.manifests.indexes.platforms` is `all`.)',
    repair: 'The link is written when a tag names it; else left: a client may have deleted it.',
  },
  'revision-link-dangling': {
    found: 'A revision link whose manifest is not there or does not verify.',
    repair:
      'The manifest is put back from the trash or from what an earlier run set aside; else the revision is set aside.',
  },
  'revision-unreadable': {
    found: 'The content of a revision has the right digest and is no manifest of a known form.',
    repair: 'Left: it is what a client pushed, and another server may know it.',
  },
  'reference-missing': {
    found:
      'A manifest refers to a blob or a manifest that is not there. (Children of an index count only when `validation.manifests.indexes.platforms` is `all`.)',
    repair:
      'Put back from the trash or from what an earlier run set aside when the repository still links it; else left: pushing the image again mends it.',
  },
  'tag-link-content': {
    found: 'The current link of a tag is empty or holds no digest.',
    repair:
      'Written anew when the index of the tag names one digest alone and its revision is there; else the tag is set aside.',
  },
  'tag-link-missing': {
    found: 'A tag without a current link, unchanged for a minute.',
    repair: 'The tag is set aside: it names nothing.',
  },
  'tag-dangling': {
    found: 'A tag that names a manifest that is not there or does not verify.',
    repair:
      'The manifest is put back from the trash or from what an earlier run set aside; else the tag is set aside.',
  },
  'tag-index-missing': {
    found: 'The index of a tag lacks the digest that the tag names.',
    repair: 'The link is written.',
  },
  'tag-index-content': {
    found: 'A link of the index of a tag is empty or names another digest than its directory.',
    repair: 'Written anew when the repository has that revision; else set aside.',
  },
  'upload-start': {
    found:
      'An upload, unchanged for a day, whose `startedat` is missing or holds no time, so that it would never be purged.',
    repair: 'Written with the time at which the upload was last changed.',
  },
  'upload-incomplete': {
    found: 'An upload without data, unchanged for a day.',
    repair: 'Set aside: nothing can go on with it.',
  },
  'stale-temporary': {
    found: 'A temporary file that nobody has written to for a day: a process was killed.',
    repair: 'Removed.',
  },
  'stale-deleted': {
    found: 'A tag that was being deleted a day ago or longer, when a process was killed.',
    repair: 'Removed.',
  },
  'foreign-entry': {
    found:
      'Something that does not belong to the layout: a name that means nothing, a file in place of a directory, a symbolic link.',
    repair: 'Left.',
  },
  unreadable: {
    found: 'A file or a directory that the storage refuses to read.',
    repair: 'Left: what cannot be read may be whole.',
  },
} as const satisfies Readonly<Record<string, DamageDescription>>;

export type DamageKind = keyof typeof table;
export const damages: Readonly<Record<DamageKind, DamageDescription>> = table;

/** One thing that is wrong in a store. */
export interface Damage {
  readonly kind: DamageKind;
  /** Where, as a path of the storage. */
  readonly path: string;
  readonly repository?: string;
  readonly digest?: string;
  /** What exactly, in a few words. */
  readonly detail: string;
}

/** What became of a damage; `found`: nothing was tried, because repair was not asked for. */
export interface Outcome {
  readonly action: 'found' | 'repaired' | 'recovered' | 'set-aside' | 'left';
  /** Where it was set aside to, or recovered from. */
  readonly where?: string;
}
