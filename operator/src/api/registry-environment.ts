import { z } from 'zod';
import { rules } from './rule.ts';

/** One key of a Secret or ConfigMap of the same namespace. */
const KeyRef = z.object({
  name: z.string().min(1).max(253).describe('Name of the object.'),
  key: z.string().min(1).max(253).describe('Key in it.'),
});
export type KeyRef = z.infer<typeof KeyRef>;

const ValueSource = z
  .object({
    secretKeyRef: KeyRef.optional().describe('A key of a Secret.'),
    configMapKeyRef: KeyRef.optional().describe('A key of a ConfigMap.'),
  })
  .meta(
    rules({
      rule: 'has(self.secretKeyRef) != has(self.configMapKeyRef)',
      message: 'set exactly one of secretKeyRef and configMapKeyRef; remove the other',
    }),
  );

/** Variables whose values the operator needs to know. */
const ownNames = "['POD_NAME', 'REGISTRY_HTTP_SECRET', 'REGISTRY_CONFIGURATION_PATH', 'NODE_USE_ENV_PROXY']";

/** A variable of the registry's environment. */
export const EnvironmentVariable = z
  .object({
    name: z
      .string()
      .min(1)
      .max(256)
      .describe(
        'Name. REGISTRY_SECTION_KEY sets a key of config.yml, REGISTRY_SECTION a whole section as YAML.',
      ),
    value: z.string().max(65_536).optional().describe('The value, taken as it is written.'),
    valueFrom: ValueSource.optional().describe('Where the value is; the place for secrets.'),
  })
  .meta(
    rules(
      {
        rule: "self.name.matches('^[A-Za-z_][A-Za-z0-9_]*$')",
        message: "the name of a variable holds letters, digits and '_' and begins with no digit",
      },
      {
        rule: 'has(self.value) != has(self.valueFrom)',
        message: 'set exactly one of value and valueFrom; remove the other',
      },
      {
        rule: `!(self.name in ${ownNames})`,
        message: 'the operator sets this variable itself; remove it',
      },
      {
        rule: "self.name != 'NODE_EXTRA_CA_CERTS'",
        message: 'NODE_EXTRA_CA_CERTS is set by the operator; use spec.egress.caBundle',
      },
    ),
  );
export type EnvironmentVariable = z.infer<typeof EnvironmentVariable>;

export const RegistryEnvironment = z
  .array(EnvironmentVariable)
  .max(64)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] });
export type RegistryEnvironment = z.infer<typeof RegistryEnvironment>;

/** Keys of config.yml; the registry's own schema judges them. */
export const RegistryConfigKeys = z.record(z.string(), z.unknown());
export type RegistryConfigKeys = z.infer<typeof RegistryConfigKeys>;
