/** The API group and version of every kind of Wharfinger. */
export const group = 'wharfinger.dev';
export const version = 'v1alpha1';
export const apiVersion = `${group}/${version}`;
