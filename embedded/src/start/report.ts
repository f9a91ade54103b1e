import { dirname } from 'node:path';
import type { ClientFiles } from './client-files.ts';
import type { RegistryDocument } from './example-registry.ts';
import type { Proof } from './proof.ts';

/** What `npm start` has to say when all is done. */
export interface Outcome {
  readonly kubeconfig: string;
  /** Path of the kubectl that was built here. */
  readonly kubectl: string;
  readonly registry: RegistryDocument;
  /** `HOST:PORT` as used in an image reference on this machine. */
  readonly host: string;
  readonly files: ClientFiles;
  readonly proof: Proof;
  readonly stopCommand: string;
}

/** The outcome as one line of JSON. */
export function jsonReport({ kubeconfig, registry, host, files }: Outcome): string {
  const { namespace, name } = registry.metadata;
  const { caFile, username, passwordFile } = files;
  const url = `https://${host}`;
  return JSON.stringify({
    kubeconfig,
    registry: { namespace, name, url, host, caFile, username, passwordFile },
  });
}

/** The outcome as instructions for people. */
export function textReport({
  kubeconfig,
  kubectl,
  registry,
  host,
  files,
  proof,
  stopCommand,
}: Outcome): string {
  const { namespace, name } = registry.metadata;
  const { caFile, username, passwordFile, secret } = files;
  const image = `${host}/team/app:1`;
  return `
Registry ${namespace}/${name} is Ready, and ${proof.reference} was pushed and pulled over verified TLS:
  ${proof.digest}

  URL         https://${host}
  kubeconfig  ${kubeconfig}
  CA file     ${caFile}
  user        ${username}
  password    in ${passwordFile} (mode 600) and in the Secret ${secret}, key password

Log in, push, pull
  docker    mkdir -p /etc/docker/certs.d/${host} && cp ${caFile} /etc/docker/certs.d/${host}/
            docker login ${host} --username ${username} --password-stdin < ${passwordFile}
            docker tag IMAGE ${image} && docker push ${image} && docker pull ${image}
  podman    podman login ${host} --cert-dir ${dirname(caFile)} --username ${username} --password-stdin < ${passwordFile}
            podman push --cert-dir ${dirname(caFile)} IMAGE ${image}

Look, and collect garbage
  export KUBECONFIG=${kubeconfig}
  alias kubectl=${kubectl}
  kubectl --namespace ${namespace} get registries,garbagecollections
  kubectl create --filename examples/garbage-collection.yaml

Stop
  ${stopCommand}
`;
}
