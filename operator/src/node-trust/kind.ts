import { nodeTrustKind, type NodeTrust } from '../api/node-trust.ts';
import { apiVersion } from '../api/group.ts';
import type { KubeObject, ResourceKind } from '../kube/resource.ts';

/** A NodeTrust as the API server answers it. */
export type ServedNodeTrust = NodeTrust & KubeObject;

export const nodeTrusts: ResourceKind<ServedNodeTrust> = {
  apiVersion,
  kind: nodeTrustKind,
  plural: 'nodetrusts',
  namespaced: false,
};

/** Our name in managedFields of a NodeTrust. */
export const fieldManager = 'wharfinger-node-trust';

/** Held until no node has anything left of the NodeTrust. */
export const finalizer = 'wharfinger.dev/node-trust';
