import { attachedAnnotation } from './labels.ts';

/** A ServiceAccount, as far as it is about pulling. */
export interface PullingAccount {
  readonly metadata: {
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly imagePullSecrets?: readonly { readonly name?: string }[];
}

/** An entry of a ServiceAccount's imagePullSecrets that we put there. */
export interface Attachment {
  /** `NAMESPACE/NAME` of the Registry. */
  readonly source: string;
  readonly secret: string;
}

/** What was attached by us; entries without our note are the user's. */
export function attachmentsOf({ metadata }: PullingAccount): Attachment[] {
  const text = metadata.annotations?.[attachedAnnotation] ?? '';
  return text
    .split(',')
    .map((item) => item.split('='))
    .flatMap(([source = '', secret = '']) => (source === '' || secret === '' ? [] : [{ source, secret }]));
}

/**
 * The merge patch by which exactly the Secrets `wanted` are attached for the Registry `source`; undefined when they are. The list has
 * one owner for server-side apply, so it is written as a whole, and for the version that was read. What others put there stays.
 */
export function attachmentPatch(
  account: PullingAccount,
  source: string,
  wanted: ReadonlySet<string>,
): object | undefined {
  const listed = (account.imagePullSecrets ?? []).map(({ name = '' }) => name);
  const noted = attachmentsOf(account);
  const kept = noted.filter((one) => one.source !== source || wanted.has(one.secret));
  const isNoted = new Set(kept.map(({ secret }) => secret));
  const added = [...wanted].filter((secret) => !listed.includes(secret));
  const notes = [
    ...kept,
    ...added.filter((secret) => !isNoted.has(secret)).map((secret) => ({ source, secret })),
  ];
  const gone = noted.map(({ secret }) => secret).filter((secret) => !isNoted.has(secret));
  const names = [...listed.filter((name) => !gone.includes(name)), ...added];
  const isSame = added.length === 0 && names.length === listed.length && notes.length === noted.length;
  if (isSame) return undefined;
  const note = notes.map((one) => `${one.source}=${one.secret}`).join(',');
  return {
    metadata: {
      resourceVersion: account.metadata.resourceVersion,
      annotations: { [attachedAnnotation]: note === '' ? null : note },
    },
    imagePullSecrets: names.length === 0 ? null : names.map((name) => ({ name })),
  };
}
