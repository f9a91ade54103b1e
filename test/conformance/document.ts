import { checks } from './own/checks/index.ts';
import type { Requirement, Section } from './own/requirement.ts';
import { requirements, sections } from './own/requirements/index.ts';
import { rows } from './own/rows.ts';
import { skips, switchedOff } from './suite/skips.ts';
import { suites, suiteVariables } from './suite/suites.ts';

const transports = 'plain HTTP, TLS with HTTP/1.1 and TLS with HTTP/2';

/** docs/conformance.md. */
export function conformanceDocument(errorCodes: readonly string[]): string {
  const levels = [...requirements.values()].map(({ level }) => level);
  const count = (level: string): number => levels.filter((one) => one === level).length;
  return `# Conformance

Generated from \`test/conformance\` (\`vitest run --project system test/conformance/document.test.ts -u\`).

## The suites of the OCI

No check fails over ${transports}. These numbers were measured over each of the three; a run that has others fails.

| Specification | Suite | Checks and groups | Checks | Skipped | Failed |
| --- | --- | --- | --- | --- | --- |
${suites.map(suiteRow).join('\n')}

The module of the suites cannot be had from every module proxy, so \`npm test\` runs them only where the variables
${suiteVariables.map((name) => `\`${name}\``).join(' and ')} name their programs, and says so where they do not.
The settings are those of \`test/conformance/suite/suites.ts\`: every optional endpoint and all data, in a registry with deletion on
and \`validation.manifests.urls.allow\` for the one URL that the suites name.

### Skipped checks

A test fails when this list grows, and when a suite skips anything else or no longer skips one of these.

| Suite | Check | Reason |
| --- | --- | --- |
${skips.map(({ suite, check, reason }) => `| ${suite} | ${check} | ${reason} |`).join('\n')}

### Data that stays off

| Setting | Reason |
| --- | --- |
${Object.entries(switchedOff)
  .map(([setting, reason]) => `| \`${setting}\` | ${reason} |`)
  .join('\n')}

## The requirements of the specification

${count('MUST')} MUST and ${count('SHOULD')} SHOULD bind a registry, and ${checks.length} checks show them, over ${transports}
each. Sentences for clients are left out. "draft" is the specification's main branch; all others are in 1.1 too, some of
them weaker, as is said there.

${sections.map(sectionText).join('\n\n')}

## Error codes

| Code | Shown by |
| --- | --- |
${errorCodes.map((code) => `| \`${code}\` | ${shownBy(`error:${code}`)} |`).join('\n')}

## Rows of the requirements

| Row | What | Shown by |
| --- | --- | --- |
${Object.entries(rows)
  .map(([row, what]) => `| ${row} | ${what} | ${shownBy(row)} |`)
  .join('\n')}
`;
}

function suiteRow(suite: (typeof suites)[number]): string {
  const skipped = skips.filter((skip) => skip.suite === suite.name).length;
  const specification = suite.name === 'dev' ? 'development version' : '1.1';
  return `| ${specification} | ${suite.version} | ${suite.announced} | ${suite.checks} | ${skipped} | 0 |`;
}

function sectionText({ title, requirements: own }: Section): string {
  return `### ${title}

| Id | Level | Since | The registry | Shown by |
| --- | --- | --- | --- | --- |
${Object.entries(own)
  .map(([id, requirement]) => requirementRow(id, requirement))
  .join('\n')}`;
}

function requirementRow(id: string, { level, since, text, inapplicable, departure }: Requirement): string {
  const notes = [
    inapplicable === undefined ? '' : ` (does not apply: ${inapplicable})`,
    departure === undefined ? '' : ` (departure: ${departure})`,
  ].join('');
  return `| ${id} | ${level} | ${since} | ${text}${notes} | ${shownBy(id)} |`;
}

function shownBy(id: string): string {
  return checks
    .filter(({ shows }) => shows.includes(id))
    .map(({ title }) => title)
    .join('; ');
}
