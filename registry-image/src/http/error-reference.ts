import { errorCodes } from '../registry/error-codes.ts';

/** docs/errors.md: every error code with its status, usual message and meaning. */
export function errorReference(): string {
  const rows = Object.entries(errorCodes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, { status, message, description }]) =>
        `| \`${code}\` | ${status} | ${message} | ${description} |`,
    );
  return `# Error codes

Generated from \`registry-image/src/registry/error-codes.ts\` by \`npm run generate\`.

An answer that refuses a request has the body \`{"errors": [{"code", "message", "detail"}]}\` (OCI distribution
specification, "Error Codes"). Its status is that of the first error. The message may say more than the usual one.

| Code | Status | Usual message | When |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
