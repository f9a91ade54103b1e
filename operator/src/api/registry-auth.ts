import { z } from 'zod';
import { durationBetween } from './duration.ts';
import { rules } from './rule.ts';

/** Where the password of a user is, in a Secret of the same namespace. */
export const PasswordSecretRef = z.object({
  name: z.string().min(1).max(253).describe('Name of the Secret.'),
  key: z.string().min(1).max(253).default('password').describe('Key of the password in the Secret.'),
});
export type PasswordSecretRef = z.infer<typeof PasswordSecretRef>;

export const HtpasswdUser = z
  .object({
    name: z.string().min(1).max(128).describe('Login name.'),
    passwordSecretRef: PasswordSecretRef.optional().describe(
      "The user's password. Without it a password is generated into the Secret REGISTRY-user-NAME.",
    ),
    rotation: z
      .string()
      .min(1)
      .max(63)
      .optional()
      .describe(
        'Any text, such as a date. Another one than before has a new password generated; every pod takes it before the Secret shows it.',
      ),
  })
  .meta(
    rules(
      {
        rule: "self.name.matches('^[^:[:cntrl:]]*$')",
        message: 'the name of a user cannot contain a colon or a control character',
      },
      {
        rule: '!has(self.rotation) || !has(self.passwordSecretRef)',
        message:
          'rotation generates passwords; remove it and change the password in the Secret of passwordSecretRef, or remove passwordSecretRef',
      },
      {
        rule: "has(self.passwordSecretRef) || self.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
        message:
          "a user with a generated password needs a name of lower case letters and digits, with '-' or '.' between them, because its Secret is named after it; change the name or set passwordSecretRef",
      },
    ),
  );
export type HtpasswdUser = z.infer<typeof HtpasswdUser>;

/** Users with bcrypt-hashed passwords: listed here, or all of them in a Secret that the user keeps. */
export const HtpasswdAuth = z
  .object({
    users: z
      .array(HtpasswdUser)
      .max(256)
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
      .optional()
      .describe('Users who may pull and push.'),
    passwordOverlap: durationBetween('0s', '720h')
      .optional()
      .describe(
        'For how long a password is valid beside the one that took its place, however that came; without it no longer at all.',
      ),
    secretName: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe('A Secret whose key `htpasswd` holds a file of bcrypt entries, instead of `users`.'),
  })
  .meta(
    rules(
      {
        rule: 'has(self.users) != has(self.secretName)',
        message: 'set exactly one of users and secretName; remove the other',
      },
      {
        rule: '!has(self.passwordOverlap) || has(self.users)',
        message: 'passwordOverlap goes with users; remove it or secretName',
      },
    ),
  );
export type HtpasswdAuth = z.infer<typeof HtpasswdAuth>;

export const RegistryAuth = z.object({ htpasswd: HtpasswdAuth });
export type RegistryAuth = z.infer<typeof RegistryAuth>;
