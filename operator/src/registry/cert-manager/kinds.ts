import type { CertificateManifest } from '../../resources/cert-manager-certificate.ts';
import type { OptionalKind } from '../../kube/optional-kind.ts';
import type { KubeObject, ResourceKind } from '../../kube/resource.ts';

const apiVersion = 'cert-manager.io/v1';

/** On a Secret: the Certificate that cert-manager made it for. */
export const certificateNameAnnotation = 'cert-manager.io/certificate-name';
/** On a CertificateRequest: which issuance of its Certificate it is for, counted from 1. */
export const revisionAnnotation = 'cert-manager.io/certificate-revision';

/** A condition as cert-manager writes it. */
export interface CertManagerCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

export interface Certificate extends KubeObject {
  readonly spec: CertificateManifest['spec'];
  readonly status?: { readonly conditions?: readonly CertManagerCondition[] };
}

export interface CertificateRequest extends KubeObject {
  readonly status?: { readonly conditions?: readonly CertManagerCondition[] };
}

export const certificates: OptionalKind<Certificate> = {
  kind: 'Certificate',
  plural: 'certificates',
  apiVersions: [apiVersion],
};

export const certificateRequests: ResourceKind<CertificateRequest> = {
  apiVersion,
  kind: 'CertificateRequest',
  plural: 'certificaterequests',
  namespaced: true,
};
