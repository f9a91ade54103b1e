/** A tag of a repository, and what it leads to. */
export interface TaggedManifest {
  readonly tag: string;
  readonly digest: string;
  /** Digests of the manifests that it lists, when it is an index. */
  readonly children: readonly string[];
}

/** What the deletion of a manifest means for the others of its repository. */
export interface DeletionPlan {
  readonly image: string;
  readonly reference: string;
  readonly digest: string;
  /** All tags that go with it. */
  readonly tags: readonly string[];
  /** Those that were not named. */
  readonly otherTags: readonly string[];
  /** Tags of indexes that list it, and are incomplete without it. */
  readonly brokenIndexes: readonly string[];
}

/** Plans the deletion of the manifest `digest`, which the user named by `reference`: a tag or the digest. */
export function planDeletion(
  target: { readonly image: string; readonly reference: string; readonly digest: string },
  tagged: readonly TaggedManifest[],
): DeletionPlan {
  const tags = tagged.filter(({ digest }) => digest === target.digest).map(({ tag }) => tag);
  const indexes = tagged.filter(({ children }) => children.includes(target.digest));
  return {
    ...target,
    tags,
    otherTags: tags.filter((tag) => tag !== target.reference),
    brokenIndexes: indexes.map(({ tag }) => tag),
  };
}

/** Whether more goes than the user named. */
export function needsConsent({ otherTags, brokenIndexes }: DeletionPlan): boolean {
  return otherTags.length > 0 || brokenIndexes.length > 0;
}

/** What the user should know beforehand, in lines. */
export function planLines({ image, reference, digest, otherTags, brokenIndexes }: DeletionPlan): string[] {
  const named = reference === digest ? `${image}@${digest}` : `${image}:${reference} is ${digest}`;
  const others = `tagged too, and deleted with it: ${otherTags.join(', ')}`;
  const indexes = `listed by an index, and missing there afterwards: ${brokenIndexes.join(', ')}`;
  return [named, ...(otherTags.length > 0 ? [others] : []), ...(brokenIndexes.length > 0 ? [indexes] : [])];
}

/** What was done, in one line. */
export function deletedText({ image, digest, tags }: DeletionPlan): string {
  return `deleted ${image}@${digest} (${tags.length === 0 ? 'no tag' : tags.join(', ')})`;
}
