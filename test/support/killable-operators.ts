import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type ApiProxy, startApiProxy } from './api-proxy.ts';
import { at, kubectl, list } from './kubernetes.ts';
import { type OperatorProcess, operatorNamespace, scaleOperator, startOperator } from './operator-process.ts';
import { started } from './started.ts';

/** Operators of one namespace that run as processes of this machine in the place of the installed ones. */
export interface KillableOperators {
  /** What stands between them and the API server. */
  readonly proxy: ApiProxy;
  start(): OperatorProcess;
  /** Kills those that still run, and brings the installed ones back. */
  close(): Promise<void>;
}

/** Takes the installed operators away. */
export async function replaceOperators(namespace: string): Promise<KillableOperators> {
  const [example] = await list('statefulsets', started().registry.namespace);
  const registryImage = String(at(example, 'spec.template.spec.containers[0].image'));
  await scaleOperator(0);
  const token = (await kubectl(['create', 'token', 'wharfinger', '-n', operatorNamespace])).trim();
  const config: unknown = parse(readFileSync(started().kubeconfig, 'utf8'));
  const ca = String(at(config, 'clusters[0].cluster.certificate-authority-data'));
  const server = String(at(config, 'clusters[0].cluster.server'));
  const proxy = await startApiProxy(server, Buffer.from(ca, 'base64').toString(), token);
  const operators: OperatorProcess[] = [];
  return {
    proxy,
    start() {
      const operator = startOperator(proxy.url, namespace, registryImage);
      operators.push(operator);
      return operator;
    },
    async close() {
      for (const one of operators) one.kill();
      await proxy.close();
      await scaleOperator(2);
    },
  };
}
