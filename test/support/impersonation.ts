import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { parse } from 'yaml';
import { at } from './kubernetes.ts';
import { started } from './started.ts';

export interface PatchAnswer {
  readonly status: number;
  /** What the API server says, for people. */
  readonly message: string;
}

/** A merge patch of one object as somebody else sends it: kubectl would read the object first. */
export async function patchAs(user: string, path: string, change: object): Promise<PatchAnswer> {
  const config: unknown = parse(readFileSync(started().kubeconfig, 'utf8'));
  const decoded = (field: string): Buffer => Buffer.from(String(at(config, field)), 'base64');
  const text = JSON.stringify(change);
  const options = {
    method: 'PATCH',
    ca: decoded('clusters[0].cluster.certificate-authority-data'),
    cert: decoded('users[0].user.client-certificate-data'),
    key: decoded('users[0].user.client-key-data'),
    headers: { 'Content-Type': 'application/merge-patch+json', 'Impersonate-User': user },
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(path, String(at(config, 'clusters[0].cluster.server'))),
      options,
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
          resolve({ status: incoming.statusCode ?? 0, message: String(at(body, 'message')) });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}
