import { stringify } from 'yaml';
import { customKinds, customResourceDefinition } from './custom-resource-definition.ts';
import { group } from './group.ts';
import { reference } from './reference.ts';

/** Path in the repository and text of every file generated from the schemas of this room. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const definitions = customKinds.flatMap((custom): [string, string][] => {
    const file = `${custom.plural}.${group}.yaml`;
    const text = yamlText(customResourceDefinition(custom));
    // Helm reads only files inside of the chart.
    return [
      [`crds/${file}`, text],
      [`charts/wharfinger/files/crds/${file}`, text],
    ];
  });
  return new Map([...definitions, ['docs/crds.md', reference(customKinds)]]);
}

function yamlText(document: unknown): string {
  return stringify(document, { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false });
}
