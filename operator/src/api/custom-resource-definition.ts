import type { z } from 'zod';
import { GarbageCollection, garbageCollectionKind } from './garbage-collection.ts';
import { group, version } from './group.ts';
import { NodeTrust, nodeTrustKind } from './node-trust.ts';
import { Registry, registryKind } from './registry.ts';
import { type JsonSchema, structuralSchema } from './structural-schema.ts';

/** A column of `kubectl get`. */
interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  /** 1: shown by `-o wide` only. */
  readonly priority?: number;
}

/** One kind of ours as the API server is to serve it. */
export interface CustomKind {
  readonly kind: string;
  readonly plural: string;
  readonly shortName: string;
  /** `Namespaced` without it. */
  readonly scope?: 'Namespaced' | 'Cluster';
  readonly schema: z.ZodType;
  readonly columns: readonly PrinterColumn[];
  /** Extra subresources beside `status`. */
  readonly subresources: Record<string, unknown>;
}

export const registryResource: CustomKind = {
  kind: registryKind,
  plural: 'registries',
  shortName: 'reg',
  schema: Registry,
  columns: [
    { name: 'URL', type: 'string', jsonPath: '.status.url' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Replicas', type: 'integer', jsonPath: '.status.readyReplicas' },
    { name: 'Status', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
    { name: 'Used', type: 'string', jsonPath: '.status.storage.used', priority: 1 },
    { name: 'Image', type: 'string', jsonPath: '.status.image', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  subresources: {
    scale: {
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.replicas',
      labelSelectorPath: '.status.selector',
    },
  },
};

export const garbageCollectionResource: CustomKind = {
  kind: garbageCollectionKind,
  plural: 'garbagecollections',
  shortName: 'gc',
  schema: GarbageCollection,
  columns: [
    { name: 'Registry', type: 'string', jsonPath: '.spec.registryRef.name' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Freed', type: 'string', jsonPath: '.status.freed' },
    { name: 'Pending', type: 'string', jsonPath: '.status.pending', priority: 1 },
    { name: 'Started', type: 'date', jsonPath: '.status.startTime' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Message', type: 'string', jsonPath: '.status.message' },
  ],
  subresources: {},
};

export const nodeTrustResource: CustomKind = {
  kind: nodeTrustKind,
  plural: 'nodetrusts',
  shortName: 'nt',
  scope: 'Cluster',
  schema: NodeTrust,
  columns: [
    { name: 'Registries', type: 'string', jsonPath: '.status.trusted' },
    { name: 'Nodes', type: 'string', jsonPath: '.status.converged' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Status', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  subresources: {},
};

export const customKinds: readonly CustomKind[] = [
  registryResource,
  garbageCollectionResource,
  nodeTrustResource,
];

/** The CustomResourceDefinition of a kind. */
export function customResourceDefinition(custom: CustomKind): Record<string, unknown> {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${custom.plural}.${group}` },
    spec: {
      group,
      names: {
        kind: custom.kind,
        listKind: `${custom.kind}List`,
        plural: custom.plural,
        shortNames: [custom.shortName],
        singular: custom.kind.toLowerCase(),
      },
      scope: custom.scope ?? 'Namespaced',
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: rootSchema(custom.schema) },
          subresources: { status: {}, ...custom.subresources },
          additionalPrinterColumns: custom.columns,
        },
      ],
    },
  };
}

/** The API server keeps `apiVersion`, `kind` and `metadata` itself. */
function rootSchema(schema: z.ZodType): JsonSchema {
  const root = structuralSchema(schema);
  return {
    ...root,
    required: ['spec'],
    properties: {
      ...root.properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
    },
  };
}
