import { join } from 'node:path';
import { must } from './command.ts';
import { kubectl } from './kubernetes.ts';

/** CustomResourceDefinitions as another project publishes them in its Go module. */
export interface PublishedDefinitions {
  /** Installs them and waits until they are served. */
  install(): Promise<void>;
  /** Removes them with every object of theirs. */
  remove(): Promise<void>;
}

interface Source {
  /** Folder below embedded/go whose go.mod pins the module. */
  readonly folder: string;
  readonly module: string;
  /** Files below the module's own folder. */
  readonly files: readonly string[];
}

function publishedDefinitions({ folder, module, files }: Source): PublishedDefinitions {
  async function asArguments(): Promise<string[]> {
    const cwd = join(import.meta.dirname, '../../embedded/go', folder);
    const told = await must(['go', 'mod', 'download', '-json', module], { cwd, timeoutMs: 300_000 });
    const { Dir: directory } = JSON.parse(told) as { Dir: string };
    return files.flatMap((file) => ['-f', join(directory, file)]);
  }

  return {
    async install() {
      const definitions = await asArguments();
      await kubectl(['apply', '--server-side', ...definitions]);
      await kubectl(['wait', '--for=condition=Established', '--timeout=60s', ...definitions]);
    },
    async remove() {
      await kubectl(['delete', '--ignore-not-found', '--timeout=60s', ...(await asArguments())]);
    },
  };
}

const routes = ['httproutes', 'tlsroutes', 'tcproutes', 'grpcroutes'];
const others = ['gatewayclasses', 'gateways', 'backendtlspolicies', 'referencegrants'];

export const gatewayApi = publishedDefinitions({
  folder: 'gateway-api',
  module: 'sigs.k8s.io/gateway-api',
  files: [...routes, ...others].map(
    (plural) => `config/crd/experimental/gateway.networking.k8s.io_${plural}.yaml`,
  ),
});

export const monitoring = publishedDefinitions({
  folder: 'prometheus-operator',
  module: 'github.com/prometheus-operator/prometheus-operator',
  files: ['servicemonitors', 'prometheusrules'].map(
    (plural) => `example/prometheus-operator-crd/monitoring.coreos.com_${plural}.yaml`,
  ),
});
