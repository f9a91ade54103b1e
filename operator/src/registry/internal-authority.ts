import type { V1Secret } from '@kubernetes/client-node';
import type { Manifest } from '../resources/manifest.ts';
import { type Secret, secrets } from '../kube/builtin-kinds.ts';
import type { Client } from '../kube/client.ts';
import { isAlreadyExists } from '../kube/errors.ts';
import { createAuthority } from '../pki/authority.ts';
import { CertificateError } from '../pki/certificate-error.ts';
import { certificateFacts, checkCredentials } from '../pki/inspection.ts';
import { type Credentials, rootIssuer } from '../pki/issuer.ts';
import { issueLeaf } from '../pki/leaf.ts';
import { renewalTime } from '../pki/renewal.ts';
import { managedBy, managedByLabel, nameLabel } from '../resources/labels.ts';
import { secretText } from '../resources/secrets.ts';
import type { ClientCertificate } from '../replicas/replica-client.ts';
import { ProblemError, stalled } from './problem.ts';

const secretName = 'wharfinger-internal-ca';
/** Between our own two programs; it is made in no time, for each Registry and at each start. */
const key = { algorithm: 'ECDSA', size: 256 } as const;
const authorityDays = 7300;
const leafDays = 1825;

export interface InternalAuthorityOptions {
  readonly client: Client;
  readonly operatorNamespace: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The CA of the state endpoints and of the operator as their client: one for the whole installation. */
export interface InternalAuthority {
  /** Reads or creates the CA, and has a client certificate that is not about to expire. Call it before the others. */
  prepare(): Promise<void>;
  /** PEM of the CA. Throws before `prepare`. */
  certificate(): string;
  /** A serving certificate for these names. */
  issue(commonName: string, dnsNames: readonly string[]): Promise<Credentials>;
  /** What the operator shows to a state endpoint. Throws before `prepare`. */
  clientCertificate(): ClientCertificate;
}

export function createInternalAuthority(options: InternalAuthorityOptions): InternalAuthority {
  const { client, operatorNamespace } = options;
  let authority: Credentials | undefined;
  let identity: Credentials | undefined;
  let preparing: Promise<void> | undefined;

  function prepare(): Promise<void> {
    preparing ??= load().finally(() => {
      preparing = undefined;
    });
    return preparing;
  }

  async function load(): Promise<void> {
    authority ??= await readOrCreate();
    if (identity === undefined || isEnding(identity))
      identity = await issueFor('wharfinger operator', [], 'client');
  }

  async function readOrCreate(): Promise<Credentials> {
    const ref = { namespace: operatorNamespace, name: secretName };
    const found = await client.find(secrets, ref);
    if (found) return credentialsOf(found);
    const subject = { commonName: 'wharfinger internal CA' };
    const made = await createAuthority({ subject, key, validityDays: authorityDays, now: now() });
    try {
      return credentialsOf(await client.create(secrets, manifest(made)));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return credentialsOf(await client.get(secrets, ref));
    }
  }

  function credentialsOf(secret: Secret): Credentials {
    const credentials = {
      certificate: secretText(secret, 'tls.crt') ?? '',
      privateKey: secretText(secret, 'tls.key') ?? '',
    };
    try {
      checkCredentials(credentials.certificate, credentials.privateKey, now());
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error;
      const message = `Secret ${secretName} in namespace ${operatorNamespace} holds no usable CA: ${error.message}; delete it to have a new CA made`;
      throw new ProblemError(stalled('InvalidCA', message));
    }
    return credentials;
  }

  function manifest(made: Credentials): Manifest<V1Secret> {
    return {
      metadata: {
        name: secretName,
        namespace: operatorNamespace,
        labels: { [nameLabel]: 'wharfinger', [managedByLabel]: managedBy },
      },
      type: 'kubernetes.io/tls',
      stringData: { 'tls.crt': made.certificate, 'tls.key': made.privateKey },
    };
  }

  function issueFor(
    commonName: string,
    dnsNames: readonly string[],
    usage: 'server' | 'client',
  ): Promise<Credentials> {
    const subject = { commonName };
    const request = { issuer: rootIssuer(prepared(authority)), subject, usage, dnsNames, ipAddresses: [] };
    return issueLeaf({ ...request, key, validityDays: leafDays, now: now() });
  }

  function isEnding(credentials: Credentials): boolean {
    return options.now() > renewalTime(certificateFacts(credentials.certificate));
  }

  function now(): Date {
    return new Date(options.now());
  }

  return {
    prepare,
    certificate: () => prepared(authority).certificate,
    issue: (commonName, dnsNames) => issueFor(commonName, dnsNames, 'server'),
    clientCertificate: () => {
      const { certificate, privateKey } = prepared(identity);
      return { cert: certificate, key: privateKey, ca: prepared(authority).certificate };
    },
  };
}

function prepared(credentials: Credentials | undefined): Credentials {
  if (credentials === undefined) throw new Error('the internal CA was not prepared');
  return credentials;
}
