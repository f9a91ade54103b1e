/** Where the pod of a NodeTrust finds things. The folders of the node lie below `node`, under the paths that they have on the node. */
export const layout = {
  declared: '/etc/wharfinger/node-trust',
  node: '/node',
  /** The node's whole root folder, mounted for the system store alone. */
  systemRoot: '/node-root',
} as const;

/** In `layout.declared`, and the key of the ConfigMap. */
export const documentFile = 'trust.json';

/** On the node: one record for each NodeTrust of what its pod wrote. */
export const recordDirectory = '/var/lib/wharfinger/node-trust';

export const healthPort = 8081;

/** The variable with the sha256 of the text that this pod was made for. */
export const hashVariable = 'TRUST_HASH';
