import { damages } from './damages.ts';

/** docs/verify.md: every damage with its detection and its repair. */
export function verifyReference(): string {
  const rows = Object.entries(damages).map(
    ([kind, { found, repair }]) => `| \`${kind}\` | ${found} | ${repair} |`,
  );
  return `# Damages that \`registry verify\` finds

Generated from \`registry-image/src/verify/damages.ts\` by \`npm run generate\`.

\`registry verify [--repair] [--json] [CONFIG]\` reads the whole store: it hashes every blob and checks every link, manifest,
tag and upload. It works beside a live registry (what seems wrong is looked at twice) and, without \`--repair\`, on a
read-only volume. With \`--repair\` it mends what the last column says. What it cannot mend it sets aside: moved to
\`/.wharfinger/set-aside/RUN/\` and the same path below that, never deleted. \`registry verify --help\` tells the exit statuses.

A store without a directory of blobs, or with an empty one, is only looked at, also with \`--repair\`: they may lie on a volume that is not mounted.
What a client may have deleted is never brought back: a link that is missing is written only where a tag needs it.

What follows from a damaged blob is told only once it was set aside: its links dangle then, and manifests miss it.

| Damage | Found | Repair |
| --- | --- | --- |
${rows.join('\n')}
`;
}
