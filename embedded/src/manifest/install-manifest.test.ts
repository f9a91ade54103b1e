import { parseAllDocuments } from 'yaml';
import { expect, it } from 'vitest';
import { installManifest } from './install-manifest.ts';

const rendered = `---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: wharfinger
  labels: {app.kubernetes.io/name: wharfinger, helm.sh/chart: wharfinger-1, app.kubernetes.io/managed-by: Helm}
spec:
  replicas: 2
  template:
    metadata:
      labels: {app.kubernetes.io/name: wharfinger, app.kubernetes.io/managed-by: Helm}
    spec: {containers: []}
---
# Source: wharfinger/templates/crds.yaml
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: registries.wharfinger.dev
  annotations: {helm.sh/resource-policy: keep}
spec: {group: wharfinger.dev}
`;

it('puts namespace and definitions first, and leaves out what is for Helm', () => {
  const objects = parseAllDocuments(installManifest(rendered, 'system')).map(
    (document) => document.toJS() as unknown,
  );
  expect(objects).toEqual([
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'system', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'registries.wharfinger.dev' },
      spec: { group: 'wharfinger.dev' },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'wharfinger', labels: { 'app.kubernetes.io/name': 'wharfinger' } },
      spec: {
        replicas: 2,
        template: {
          metadata: { labels: { 'app.kubernetes.io/name': 'wharfinger' } },
          spec: { containers: [] },
        },
      },
    },
  ]);
});
