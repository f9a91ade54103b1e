import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** One permission: `apps/statefulsets patch`, `/pods get`, `/pods/status patch`. */
export type Permission = string;

export interface AuditEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly stageTimestamp: string;
  readonly user: { readonly username: string };
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Reads what `username` asked of the API server since `since` (an ISO time), from its audit log (JSON lines). */
export async function* auditOf(file: string, username: string, since = ''): AsyncGenerator<AuditEvent> {
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (!line.includes(username)) continue;
    const event = JSON.parse(line) as AuditEvent;
    if (event.user.username !== username || event.stageTimestamp < since) continue;
    if (event.stage === 'ResponseComplete' || event.stage === 'ResponseStarted') yield event;
  }
}

/** What a request needed. A server-side apply that created the object needed `create` beside `patch`. */
export function permissionsOf({ objectRef, verb, responseStatus }: AuditEvent): Permission[] {
  if (!objectRef) return [];
  const { apiGroup = '', resource, subresource } = objectRef;
  const what = `${apiGroup}/${resource}${subresource ? `/${subresource}` : ''}`;
  const created = verb === 'patch' && responseStatus?.code === 201;
  return created ? [`${what} patch`, `${what} create`] : [`${what} ${verb}`];
}

/** Refused for want of a permission; an admission plugin that refuses (a namespace is going) answers 403 too. */
export function isForbidden({ annotations }: AuditEvent): boolean {
  return annotations?.['authorization.k8s.io/decision'] === 'forbid';
}

export interface Rule {
  readonly apiGroups?: string[];
  readonly resources?: string[];
  readonly verbs: string[];
}

/** Every permission that RBAC rules spell out. */
export function permissionsIn(rules: readonly Rule[]): Permission[] {
  return rules.flatMap(({ apiGroups = [], resources = [], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${group}/${resource} ${verb}`)),
    ),
  );
}
