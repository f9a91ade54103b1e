import { join } from 'node:path';
import { binaryPath } from '@wharfinger/embedded';
import { parseAllDocuments } from 'yaml';
import { must } from './command.ts';
import { started } from './started.ts';

export const chart = join(import.meta.dirname, '../../charts/wharfinger');

/** An object as the chart renders it. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    annotations?: Record<string, string>;
  };
  readonly [field: string]: unknown;
}

export async function helm(args: readonly string[], input?: string): Promise<string> {
  return must(command(args), { input, timeoutMs: 180_000 });
}

function command(args: readonly string[]): string[] {
  return [binaryPath('helm'), '--kubeconfig', started().kubeconfig, ...args];
}

/** What a chart gives with these values, in the release NAME of NAMESPACE. */
export async function rendered(
  values: object,
  { name = 'wharfinger', namespace = 'wharfinger-system', from = chart } = {},
): Promise<Rendered[]> {
  const args = [binaryPath('helm'), 'template', name, from, '--namespace', namespace, '--values', '-'];
  const text = await must(args, { input: JSON.stringify(values) });
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null);
}

/** The values that name this clone's images, as the installed release has them. */
export async function imageValues(): Promise<Record<string, unknown>> {
  const args = ['get', 'values', 'wharfinger', '--namespace', 'wharfinger-system', '--output', 'json'];
  const { image, registryImage } = JSON.parse(await helm(args)) as Record<string, unknown>;
  return { image, registryImage };
}

/** The first object of a kind; throws when there is none. */
export function ofKind(objects: readonly Rendered[], kind: string): Rendered {
  const found = objects.find((object) => object.kind === kind);
  if (found === undefined) throw new Error(`the chart rendered no ${kind}`);
  return found;
}
