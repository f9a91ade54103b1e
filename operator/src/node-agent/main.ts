#!/usr/bin/env node
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { servePages } from '../page-server.ts';
import { converge } from './converge.ts';
import { readDocument } from './document.ts';
import { documentFile, hashVariable, healthPort, layout } from './layout.ts';

const againMs = 10_000;
const longestMessage = 3000;
const stopping = new AbortController();
/** Of the text that holds on the node. */
let converged: string | undefined;

/** Keeps the node as declared until it is stopped. Somebody else's files end it: the kubelet shows why, and tries again. */
async function keep(): Promise<void> {
  while (!stopping.signal.aborted) {
    const text = readFileSync(join(layout.declared, documentFile), 'utf8');
    const problems = await converge(readDocument(text), layout);
    if (problems.length > 0) throw new Error(problems.join('; '));
    const hash = createHash('sha256').update(text).digest('hex');
    if (hash !== converged) process.stdout.write(`the node is as declared (${hash.slice(0, 12)})\n`);
    converged = hash;
    await delay(againMs, undefined, { signal: stopping.signal }).catch(() => undefined);
  }
}

function explain(message: string): void {
  process.stderr.write(`${message}\n`);
  try {
    writeFileSync('/dev/termination-log', message.slice(0, longestMessage));
  } catch {
    // Not in a pod.
  }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
try {
  const wanted = process.env[hashVariable];
  const health = await servePages(
    { host: '', port: healthPort },
    {
      '/readyz': () =>
        converged === wanted ? { status: 200, body: 'ok\n' } : { status: 503, body: 'not as declared yet\n' },
    },
  );
  await keep();
  await health.close();
} catch (error) {
  explain(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
