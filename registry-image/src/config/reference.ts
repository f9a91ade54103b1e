import { type ListedKey, listKeys } from './key-list.ts';
import type { Key } from './keys.ts';
import { configKeys } from './schema.ts';

const introduction = `# Configuration

Generated from \`registry-image/src/config\` by \`npm run generate\`.

The registry reads one YAML file with the keys, nesting, defaults and units of CNCF distribution (2.8 and 3): the argument of
\`registry serve\`, else the variable \`REGISTRY_CONFIGURATION_PATH\`, else \`/etc/docker/registry/config.yml\`. Only \`version\` is
required. \`registry config [CONFIG]\` prints what holds in the end, with every default and without secrets, or everything that is wrong.

- Keys that are not listed here are refused by name. A key that is there twice warns, and the last one is used.
- A duration is a number with a unit (\`ns\`, \`us\`, \`ms\`, \`s\`, \`m\`, \`h\`), several of them may follow each other (\`1h30m\`); a number
  without a unit is nanoseconds, as in distribution, and refused below 1000000.
- Words such as \`info\` may be written in upper or lower case.

**Variables.** Each key can be set by a variable: \`REGISTRY_\` and its path in upper case, with \`_\` between the keys. Where a field of
distribution's program is named otherwise than the key, that name does too. The value is YAML, so that a variable can give a
whole section or list (\`REGISTRY_AUTH="{htpasswd: {realm: r, path: /p}}"\`); \`REGISTRY_STORAGE=inmemory\` is short for a section with that one
key. \`N\` below is the index of an item, where the number of items that are there adds one; \`NAME\` is the key of a map, written in
lower case unless the file has it in another way. Variables are applied in the order of their names (2 before 10), and one that names no key only warns.

In the tables, \`[]\` stands for each item of a list, \`[NAME]\` for the item of that name, \`*\` for each key of a map. What is *not there yet* is
read and checked, and using it is an error.
`;

/** docs/configuration.md: every key with its type, default, variables and meaning. */
export function configReference(): string {
  const all = listKeys(configKeys);
  const sections = all.filter(({ path }) => !/[.[]/.test(path));
  return [introduction, ...sections.map((section) => sectionText(section, all))].join('\n');
}

function sectionText(section: ListedKey, all: readonly ListedKey[]): string {
  const inside = all.filter(({ path }) => path === section.path || path.startsWith(`${section.path}.`));
  // What a list of plain values holds is said by the list.
  const rows = inside.filter(({ path, key }) => key.kind !== 'value' || !path.endsWith('[]'));
  const lines = [['Key', 'Type', 'Default', 'Variable', 'Meaning'], Array(5).fill('---'), ...rows.map(cells)];
  return [`## ${section.path}`, '', ...lines.map((line) => `| ${line.join(' | ')} |`), ''].join('\n');
}

function cells({ path, key, variables, planned }: ListedKey): string[] {
  return [
    `\`${path}\``,
    typeOf(key),
    defaultOf(path, key),
    variables.map((variable) => `\`${variable}\``).join('<br>'),
    [planned ? '*Not there yet.*' : '', key.meta.description ?? '', ...remarks(key)]
      .filter((sentence) => sentence !== '')
      .join(' '),
  ];
}

function remarks({ meta }: Key): string[] {
  return [
    ...(meta.replacement === undefined ? [] : [`An older key; use \`${meta.replacement}\`.`]),
    ...(meta.plannedWords ?? []).map((word) => `\`${word}\` is *not there yet*.`),
    ...(meta.sameAs === undefined ? [] : [`The same keys as \`${meta.sameAs}\`.`]),
    ...(meta.exclusive ? [`At most one ${meta.exclusive.noun}.`] : []),
  ];
}

function typeOf(key: Key): string {
  if (key.kind === 'list') return `list of ${typeOf(key.items)}`;
  if (key.kind === 'map') return `map of ${typeOf(key.items)}`;
  if (key.kind === 'section') return 'section';
  const { kind = 'anything', words, minimum } = key.meta;
  if (kind === 'choice') return (words ?? []).map((word) => `\`${word}\``).join(', ');
  return kind === 'integer' ? `integer, at least ${minimum}` : kind;
}

function defaultOf(path: string, key: Key): string {
  if (key.required) return /[\]*]$/.test(path) ? '' : 'required';
  if (key.kind === 'section' || key.fallback === undefined) return '';
  return `\`${typeof key.fallback === 'string' ? key.fallback || '""' : JSON.stringify(key.fallback)}\``;
}
