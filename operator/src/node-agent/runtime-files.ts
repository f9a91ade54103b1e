import type { TrustDocument, TrustedHost } from './document.ts';

/** Path on the node -> text. */
export type WantedFiles = ReadonlyMap<string, string>;

const note = '# Kept by Wharfinger; delete or change the NodeTrust instead of this file: ';

/** The files that make containerd, Docker and Podman trust the hosts of a document. */
export function runtimeFiles(document: TrustDocument): WantedFiles {
  const { containerd, docker, podman, hosts } = document;
  const files = new Map<string, string>();
  for (const host of hosts) {
    const ca = host.certificates.join('');
    for (const name of hostFolders(host)) {
      for (const directory of containerd.directories) {
        const folder = `${directory}/${name}`;
        if (ca !== '') files.set(`${folder}/ca.crt`, ca);
        files.set(`${folder}/hosts.toml`, hostsToml(document.nodeTrust, host, `${folder}/ca.crt`));
      }
      for (const one of [docker, podman]) {
        if (one !== undefined && ca !== '') files.set(`${one.directory}/${name}/ca.crt`, ca);
      }
    }
  }
  const plain = hosts.filter(({ tls }) => !tls);
  if (podman === undefined || plain.length === 0) return files;
  const file = `${podman.registriesDirectory}/wharfinger-${document.nodeTrust}.conf`;
  return files.set(file, insecureRegistries(document.nodeTrust, plain));
}

/** Clients look for the host as an image names it: the port of the scheme may be left out there. */
function hostFolders({ hostname, port, tls }: TrustedHost): string[] {
  const host = bracketed(hostname);
  const full = `${host}:${port}`;
  return port === (tls ? 443 : 80) ? [host, full] : [full];
}

/** The host by its name has a table of its own: containerd 1.6 takes `server` without one for HTTPS, whatever it says. */
function hostsToml(nodeTrust: string, host: TrustedHost, ca: string): string {
  const scheme = host.tls ? 'https' : 'http';
  const trust = host.certificates.length === 0 ? [] : [`ca = "${ca}"`];
  const urls = [...(host.endpoint ? [host.endpoint] : []), host].map(
    ({ hostname, port }) => `${scheme}://${bracketed(hostname)}:${port}`,
  );
  const tables = urls.flatMap((url) => ['', `[host."${url}"]`, ...trust.map((line) => `  ${line}`)]);
  return `${[note + nodeTrust, `server = "${urls.at(-1)}"`, ...trust, ...tables].join('\n')}\n`;
}

/** containers-registries.conf(5) */
function insecureRegistries(nodeTrust: string, hosts: readonly TrustedHost[]): string {
  const entries = hosts
    .flatMap(hostFolders)
    .map((name) => `\n[[registry]]\nlocation = "${name}"\ninsecure = true\n`);
  return `${note}${nodeTrust}\n${entries.join('')}`;
}

function bracketed(hostname: string): string {
  return hostname.includes(':') ? `[${hostname}]` : hostname;
}
