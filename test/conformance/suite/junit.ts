/** How one check of a suite ended. */
export interface SuiteCheck {
  readonly name: string;
  readonly status: 'passed' | 'skipped' | 'failed';
  /** What the suite says of it: why it was skipped, or what went wrong. */
  readonly message: string;
}

/** A suite's report. */
export interface SuiteReport {
  /** Checks, and groups of checks, that the suite says it ran. */
  readonly announced: number;
  readonly checks: readonly SuiteCheck[];
}

/** The checks of a JUnit report. Every check must say how it ended; throws when one does not. */
export function readJunit(xml: string): SuiteReport {
  const announced = Number(attribute(/<testsuites\b[^>]*/.exec(xml)?.[0] ?? '', 'tests'));
  const checks = [...xml.matchAll(/<testcase\s([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(
    ([, head = '', body = '']) => {
      const name = attribute(head, 'name') ?? '';
      return { name, status: statusOf(attribute(head, 'status'), name), message: messageOf(body) };
    },
  );
  return { announced, checks };
}

function statusOf(written: string | undefined, name: string): SuiteCheck['status'] {
  if (written === 'passed') return 'passed';
  if (written === 'skipped') return 'skipped';
  if (written === 'failure' || written === 'failed' || written === 'error') return 'failed';
  throw new Error(`the report says ${written} of ${name}`);
}

function messageOf(body: string): string {
  const [, head = '', text = ''] = /<(?:skipped|failure|error)\b([^>]*)>([\s\S]*?)(?:<\/|$)/.exec(body) ?? [];
  return `${attribute(head, 'message') ?? ''} ${unescape(text.replace(/<!\[CDATA\[|\]\]>/g, ''))}`.trim();
}

function attribute(text: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(text)?.[1];
  return value === undefined ? undefined : unescape(value);
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
      return entities[name ?? ''] ?? whole;
    },
  );
}
