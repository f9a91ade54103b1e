/** A check of a suite that does not run, and why. */
export interface Skip {
  readonly suite: string;
  readonly check: string;
  readonly reason: string;
}

const spec = 'OCI Distribution Conformance Tests';

/** Every check that a suite skips; it fails when this list and what it skips are not the same. */
export const skips: readonly Skip[] = [
  {
    suite: 'v1.1.1',
    check: `${spec} Pull Setup Get tag name from environment`,
    reason: 'only for registries that nothing can be pushed to',
  },
  {
    suite: 'v1.1.1',
    check: `${spec} Content Discovery Setup Populate registry with test tags (no push)`,
    reason: 'only for registries that nothing can be pushed to',
  },
  {
    suite: 'v1.1.1',
    check: `${spec} Push Cross-Repository Blob Mount Cross-mounting of nonexistent blob should yield session id`,
    reason: 'only for registries that do not mount a blob: the mount before it was answered 201',
  },
  {
    suite: 'v1.1.1',
    check: `${spec} Push Cross-Repository Blob Mount Cross-mounting without from, and automatic content discovery disabled should return a 202`,
    reason: 'the opposite of a check that runs: a mount without from is answered 201',
  },
];

/** The most entries that the list above may have. A longer one is a decision of its own. */
export const mostSkips = 4;

/** Data of the suites that stay off, and why: their checks are not in the reports. */
export const switchedOff: Readonly<Record<string, string>> = {
  OCI_DATA_SPARSE:
    'pushes an image without one of its layers, which is refused with MANIFEST_BLOB_UNKNOWN whatever `validation` says, as the specification allows; its other half, an index without one of its children, is taken with `validation.manifests.indexes.platforms: none` and is one of our own checks',
};
