import { createHash } from 'node:crypto';
import type { TrustDocument } from './document.ts';
import type { WantedFiles } from './runtime-files.ts';

/** How an operating system takes a CA up. Paths and commands are those inside of its root folder. */
export interface SystemStore {
  readonly directory: string;
  /** After certificates came. */
  readonly update: readonly string[];
  /** After certificates went. */
  readonly refresh: readonly string[];
}

export const systemStores: Readonly<
  Record<NonNullable<TrustDocument['systemStore']>['family'], SystemStore>
> = {
  Debian: {
    directory: '/usr/local/share/ca-certificates',
    update: ['/usr/sbin/update-ca-certificates'],
    // It removes links to certificates that are gone only so.
    refresh: ['/usr/sbin/update-ca-certificates', '--fresh'],
  },
  RedHat: {
    directory: '/etc/pki/ca-trust/source/anchors',
    update: ['/usr/bin/update-ca-trust', 'extract'],
    refresh: ['/usr/bin/update-ca-trust', 'extract'],
  },
};

/** The files below the root folder; Debian wants one certificate in each. */
export function systemFiles(document: TrustDocument): WantedFiles {
  if (document.systemStore === undefined) return new Map();
  const { directory } = systemStores[document.systemStore.family];
  const certificates = document.hosts.filter(({ system }) => system).flatMap((host) => host.certificates);
  return new Map(
    certificates.map((certificate) => {
      const digest = createHash('sha256').update(certificate).digest('hex').slice(0, 16);
      return [`${directory}/wharfinger-${document.nodeTrust}-${digest}.crt`, certificate];
    }),
  );
}
