import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transport } from '../../../registry-image/src/http/transport-client.ts';
import { startRegistryProcess } from '../../faults/registry-process.ts';
import { readJunit, type SuiteReport } from './junit.ts';
import { type Suite, suiteConfig } from './suites.ts';

/** Longest time of one suite, in milliseconds; they take a few seconds. */
const suiteTimeoutMs = 300_000;

/** How Go's HTTP client is told to use a transport. */
const godebug: Readonly<Partial<Record<Transport, string>>> = { 'http1-tls': 'http2client=0' };

/**
 * Runs `program` against a new registry over `transport` and returns its checks. Throws with what the suite printed when it left
 * no report.
 */
export async function runSuite(suite: Suite, program: string, transport: Transport): Promise<SuiteReport> {
  const tls = transport.endsWith('-tls');
  const registry = await startRegistryProcess({ tls, config: suiteConfig });
  const results = mkdtempSync(join(tmpdir(), 'wharfinger-suite-'));
  try {
    const authority = `localhost:${registry.port}`;
    writeFileSync(join(results, 'ca.crt'), registry.ca);
    const env = {
      PATH: process.env['PATH'] ?? '',
      ...(tls && { SSL_CERT_FILE: join(results, 'ca.crt') }),
      GODEBUG: godebug[transport] ?? '',
      ...suite.settings({ authority, scheme: registry.scheme, results }),
    };
    // The exit status says no more than the report does.
    const output = await new Promise<string>((resolve) => {
      execFile(
        program,
        { cwd: results, env, timeout: suiteTimeoutMs, maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => resolve(`${error?.message ?? ''}\n${stdout}\n${stderr}`),
      );
    });
    const report = join(results, 'junit.xml');
    if (!existsSync(report))
      throw new Error(`the suite ${suite.name} left no report: ${output.slice(-2000)}`);
    return readJunit(readFileSync(report, 'utf8'));
  } finally {
    await registry.dispose();
    rmSync(results, { recursive: true, force: true });
  }
}
