import { z } from 'zod';
import { isPublicRegistry } from '../api/public-registries.ts';

const path = z.string().regex(/^(\/[A-Za-z0-9_][-A-Za-z0-9_.]*)+$/);
const hostname = z
  .string()
  .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?|[0-9a-f:.]+)$/, 'is not a hostname')
  .refine((name) => !name.includes('..'), 'is not a hostname')
  .refine((name) => !isPublicRegistry(name), 'is the name of a public registry');
const port = z.number().int().min(1).max(65_535);
const certificate = z
  .string()
  .regex(/^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE-----\n$/);

/** One registry host that a node is to trust. */
const TrustedHost = z.object({
  hostname,
  port,
  tls: z.boolean(),
  /** PEM of each certificate of the CA; none: the node trusts it already, or there is no TLS. */
  certificates: z.array(certificate),
  /** Where containerd finds it first. */
  endpoint: z.object({ hostname, port }).optional(),
  /** Its address in the hosts file. */
  hostsEntry: hostname.optional(),
  /** Whether the CA may go into the operating system's store. */
  system: z.boolean(),
});
export type TrustedHost = z.infer<typeof TrustedHost>;

/** What should hold on every node of a NodeTrust. */
export const TrustDocument = z.object({
  nodeTrust: z.string().regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/),
  hosts: z.array(TrustedHost),
  containerd: z.object({ directories: z.array(path) }),
  docker: z.object({ directory: path }).optional(),
  podman: z.object({ directory: path, registriesDirectory: path }).optional(),
  systemStore: z.object({ family: z.enum(['Debian', 'RedHat']) }).optional(),
  hostsFile: z.object({ path }).optional(),
});
export type TrustDocument = z.infer<typeof TrustDocument>;

/** Reads a document. Throws an `Error` with one sentence when it cannot be followed. */
export function readDocument(text: string): TrustDocument {
  const result = TrustDocument.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(`the document is refused: ${issue?.path.join('.')} ${issue?.message}`);
}
