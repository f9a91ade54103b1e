import { type CommandName, type Synopsis, synopses } from './synopses.ts';

const width = 64;

const globalText = `Of every command:
  -r, --registry NAME     the Registry; needed when the namespace has several
  -n, --namespace NAME    namespace of the Registry; that of the kubeconfig's context by default
  --context NAME          context of the kubeconfig; the current one by default
  --kubeconfig FILE       kubeconfig; KUBECONFIG, then ~/.kube/config by default
  -h, --help              help, of a command when one is given
`;

const registryText = `Of view, tags, delete and purge, which talk to the registry through a port forwarded by the API server:
  --credentials SECRET    Secret with the username and password to use; those of the Registry's users by default
  --registry-ca FILE      PEM file with the CA to trust; the one of the ConfigMap REGISTRY-ca by default
`;

const exitText =
  'Exit status: 0 done, 1 failed (one sentence on standard error), 2 the command line is wrong.\n';

/** What is printed without arguments and for `-h`. */
export function usage(): string {
  const lines = Object.entries<Synopsis>(synopses).map(
    ([name, synopsis]) => `  ${call(name, synopsis).padEnd(width)}  ${synopsis.summary}`,
  );
  return `Usage: kubectl registry COMMAND [ARGUMENTS]\n\n${lines.join('\n')}\n\n${globalText}\n${registryText}\n${exitText}`;
}

/** What is printed for `COMMAND -h`. */
export function commandUsage(name: CommandName): string {
  const synopsis: Synopsis = synopses[name];
  const parts = [`Usage: kubectl registry ${call(name, synopsis)}\n\n${sentence(synopsis.summary)}\n`];
  if (synopsis.details !== '') parts.push(synopsis.details);
  parts.push(globalText);
  if (synopsis.flags.includes('credentials')) parts.push(registryText);
  parts.push(exitText);
  return parts.join('\n');
}

function call(name: string, { operands, options }: Synopsis): string {
  return [name, ...operands, options].filter((part) => part !== '').join(' ');
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
