import type { Rule } from './rule.ts';

/** Domains of registries that serve the public: each, and every name below it, is never trusted by another certificate. */
export const publicRegistryDomains: readonly string[] = [
  'aliyuncs.com',
  'amazonaws.com',
  'amazonaws.com.cn',
  'azurecr.cn',
  'azurecr.io',
  'azurecr.us',
  'cgr.dev',
  'digitalocean.com',
  'docker.com',
  'docker.io',
  'ecr.aws',
  'elastic.co',
  'gcr.io',
  'ghcr.io',
  'github.com',
  'githubusercontent.com',
  'gitlab.com',
  'icr.io',
  'jfrog.io',
  'k8s.io',
  'lscr.io',
  'microsoft.com',
  'nvcr.io',
  'ocir.io',
  'pkg.dev',
  'quay.io',
  'redhat.com',
  'redhat.io',
  'scr.io',
];

/** Whether a hostname in lower case is that of a public registry. */
export function isPublicRegistry(hostname: string): boolean {
  return publicRegistryDomains.some((domain) => hostname === domain || hostname.endsWith(`.${domain}`));
}

const alternatives = publicRegistryDomains.map((domain) => domain.replaceAll('.', '[.]')).join('|');

/** CEL: the hostname `self` is no public registry's. */
export const notPublic: Rule = {
  rule: `!self.matches('(^|[.])(${alternatives})$')`,
  message:
    'the name of a public registry; nodes must not trust another certificate for it, so name a host of your own',
};
