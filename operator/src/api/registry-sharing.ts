import { z } from 'zod';
import { LabelSelector } from './label-selector.ts';
import { rules } from './rule.ts';

const NamespaceName = z
  .string()
  .max(63)
  .meta(
    rules({
      rule: "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
      message: "not the name of a namespace; write lower case letters, digits and '-'",
    }),
  );

/** Name of a Secret, ConfigMap or ServiceAccount. */
const ObjectName = z
  .string()
  .max(253)
  .meta(
    rules({
      rule: "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
      message: "not the name of an object; write lower case letters and digits, with '-' or '.' between them",
    }),
  );

/** Namespaces that get something. Those other than the Registry's own must consent. */
export const TargetNamespaces = z
  .object({
    names: z
      .array(NamespaceName)
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .optional()
      .describe('Namespaces by name.'),
    selector: LabelSelector.optional().describe(
      'Namespaces by their labels, of those that consent; `{}` is all that consent.',
    ),
  })
  .meta(
    rules({
      rule: 'has(self.names) || has(self.selector)',
      message: 'says no namespace; set names, selector or both',
    }),
  );
export type TargetNamespaces = z.infer<typeof TargetNamespaces>;

/** A Secret by which kubelets pull as one user. */
export const PullSecret = z.object({
  name: ObjectName.describe('Name of the Secret in each namespace.'),
  user: z.string().min(1).max(128).describe('The user of auth.htpasswd.users as whom to pull.'),
  namespaces: TargetNamespaces.optional().describe(
    "Namespaces that get the Secret; the Registry's own without it. Another namespace must consent by the label `accept-from.wharfinger.dev/NAMESPACE: 'true'`, NAMESPACE being the Registry's.",
  ),
  serviceAccounts: z
    .array(ObjectName)
    .max(32)
    .meta({ 'x-kubernetes-list-type': 'set' })
    .optional()
    .describe(
      'Service accounts of these namespaces whose pods pull with the Secret; it joins their imagePullSecrets.',
    ),
});
export type PullSecret = z.infer<typeof PullSecret>;

export const PullSecrets = z
  .array(PullSecret)
  .max(32)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] });
export type PullSecrets = z.infer<typeof PullSecrets>;

/** The CA for clients in other namespaces. */
export const CaBundle = z.object({
  configMapName: ObjectName.optional().describe(
    'Name of the ConfigMap in each namespace; REGISTRY-ca without it.',
  ),
  namespaces: TargetNamespaces.describe(
    'Namespaces that get a ConfigMap with the CA under `ca.crt`. They must consent as for pullSecrets.',
  ),
});
export type CaBundle = z.infer<typeof CaBundle>;
