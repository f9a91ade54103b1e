import type { CertManagerTls } from '../../api/cert-manager-tls.ts';
import { type Secret, secrets } from '../../kube/builtin-kinds.ts';
import { CertificateError } from '../../pki/certificate-error.ts';
import { checkCredentials } from '../../pki/inspection.ts';
import { certificateManifest } from '../../resources/cert-manager-certificate.ts';
import { managedBy, managedByLabel, ownedLabels } from '../../resources/labels.ts';
import { objectNames } from '../../resources/names.ts';
import { secretText } from '../../resources/secrets.ts';
import { certificateNameAnnotation, certificateRequests } from '../cert-manager/kinds.ts';
import { certificateProblemOf, certManagerMissing } from '../cert-manager/refusal.ts';
import { isReady, verdictOf } from '../cert-manager/verdict.ts';
import { fieldManager } from '../kind.ts';
import { applyOptional } from '../optional-caches.ts';
import { isOwned } from '../ownership.ts';
import { type Problem, ProblemError, stalled, waiting } from '../problem.ts';
import type { StepContext } from '../step.ts';
import { type ForeignCertificate, foreignCertificate } from './foreign-certificate.ts';
import { credentialsOf } from './secret-credentials.ts';
import type { ServingCertificate } from './serving-certificate.ts';

/**
 * A Certificate of cert-manager and what its Secret holds. A certificate that is good goes on being served whatever keeps a newer one away.
 */
export async function certManagerCertificate(
  context: StepContext,
  wanted: CertManagerTls,
): Promise<ServingCertificate> {
  const { registry, client, now } = context;
  const { namespace, name } = registry.metadata;
  const ref = { namespace, name: objectNames(name).certManagerTls };
  const secret = await client.find(secrets, ref);
  requireCertManagers(context, secret);
  const problem = await obstacle(context, wanted, secret);
  const issued = secret && usable(secret, now);
  if (issued === undefined) throw new ProblemError(problem ?? incomplete(ref.name));
  if (problem) context.report(problem);
  try {
    return await foreignCertificate(context, issued);
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    const message = `spec.tls.certManager: in Secret ${ref.name}, ${error.message}; mend what its issuer hands out, or delete the Secret to have it issued anew`;
    throw new ProblemError(stalled('InvalidCertificate', message, 'certificate'));
  }
}

/** Applies the Certificate; answers why its Secret does not hold what it asks for. */
async function obstacle(
  context: StepContext,
  wanted: CertManagerTls,
  secret: Secret | undefined,
): Promise<Problem | undefined> {
  const { registry, client, optional } = context;
  try {
    const certificate = await applyOptional(
      context,
      optional.certificates,
      certificateManifest(registry, wanted),
    );
    if (certificate === undefined) return certManagerMissing();
    if (secret) await bind(context, secret);
    if (isReady(certificate)) return undefined;
    const labelSelector = Object.entries(ownedLabels(registry.metadata.name))
      .map(([label, value]) => `${label}=${value}`)
      .join(',');
    const { namespace } = registry.metadata;
    const { items } = await client.list(certificateRequests, { namespace, labelSelector });
    return verdictOf(certificate, items);
  } catch (error) {
    const problem = certificateProblemOf(error);
    if (problem === undefined) throw error;
    return problem;
  }
}

/** The Secret, a key in it, goes with the Registry; cert-manager by itself would leave it. Our labels come from the Certificate. */
async function bind({ client, registry }: StepContext, secret: Secret): Promise<void> {
  const isLabelled = secret.metadata.labels?.[managedByLabel] === managedBy;
  if (isOwned(secret, registry) || !isLabelled) return;
  const { name, namespace, uid = '' } = secret.metadata;
  const { apiVersion, kind, metadata: owner } = registry;
  const ownerReferences = [{ apiVersion, kind, name: owner.name, uid: owner.uid }];
  const metadata = { name, uid, ...(namespace ? { namespace } : {}), ownerReferences };
  await client.apply(secrets, { metadata }, { fieldManager });
}

/** cert-manager writes over whatever Secret a Certificate names. */
function requireCertManagers({ registry }: StepContext, secret: Secret | undefined): void {
  const { certManagerCertificate: certificate } = objectNames(registry.metadata.name);
  if (secret === undefined || secret.metadata.annotations?.[certificateNameAnnotation] === certificate)
    return;
  const message = `Secret ${secret.metadata.name} exists and is not cert-manager's for Certificate ${certificate}; rename or delete it, or rename the Registry`;
  throw new ProblemError(stalled('NameTaken', message, 'certificate'));
}

function usable(secret: Secret, now: Date): ForeignCertificate | undefined {
  const { certificate, privateKey } = credentialsOf(secret);
  try {
    const facts = checkCredentials(certificate, privateKey, now);
    return { facts, certificate, ca: secretText(secret, 'ca.crt') };
  } catch (error) {
    if (error instanceof CertificateError) return undefined;
    throw error;
  }
}

function incomplete(name: string): Problem {
  const message = `waiting for cert-manager to put a valid certificate and its key into Secret ${name}`;
  return waiting('CertificatePending', message, { about: 'certificate' });
}
