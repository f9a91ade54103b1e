import { parseAllDocuments, stringify } from 'yaml';

interface Manifest {
  kind?: string;
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: { template?: Manifest };
}

const heading = `# Installs the operator without Helm: kubectl apply --server-side -f install.yaml
# Generated from charts/wharfinger by \`npm run manifest\`; do not edit.
`;
const helmLabels = ['helm.sh/chart', 'app.kubernetes.io/managed-by'];
const helmAnnotations = ['helm.sh/resource-policy'];

/** The plain manifest for what `helm template` rendered: the namespace goes first, and nothing claims to be Helm's. */
export function installManifest(rendered: string, namespace: string): string {
  const objects = parseAllDocuments(rendered)
    .map((document) => document.toJS() as Manifest | null)
    .filter((object) => object !== null)
    .map(withoutHelm);
  // Definitions before what may use them.
  const isDefinition = (object: Manifest): boolean => object.kind === 'CustomResourceDefinition';
  const ordered = [...objects.filter(isDefinition), ...objects.filter((object) => !isDefinition(object))];
  const texts = [namespaceManifest(namespace), ...ordered].map((object) =>
    stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }),
  );
  return `${heading}${texts.map((text) => `---\n${text}`).join('')}`;
}

function namespaceManifest(name: string): object {
  const level = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: level } };
}

function withoutHelm(object: Manifest): Manifest {
  const { metadata, spec } = object;
  const template = spec?.template;
  return {
    ...object,
    ...(metadata ? { metadata: { ...metadata, ...withoutKeys(metadata) } } : {}),
    ...(template ? { spec: { ...spec, template: withoutHelm(template) } } : {}),
  };
}

function withoutKeys({ labels, annotations }: NonNullable<Manifest['metadata']>): Manifest['metadata'] {
  return { labels: omit(labels, helmLabels), annotations: omit(annotations, helmAnnotations) };
}

function omit(map: Record<string, string> | undefined, keys: string[]): Record<string, string> | undefined {
  const kept = Object.entries(map ?? {}).filter(([key]) => !keys.includes(key));
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
