import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execute } from '../support/command.ts';
import { ofKind, rendered } from '../support/helm.ts';

const folder = mkdtempSync(join(tmpdir(), 'wharfinger-alerts-'));
const rules = join(folder, 'rules.json');
const registry = '{namespace="team",name="a"}';
const of = { namespace: 'team', name: 'a' };

/** An alert, series under which it fires at `at`, and the same ones changed so that it does not. */
interface Case {
  readonly alert: string;
  readonly series: Readonly<Record<string, string>>;
  readonly quiet: Readonly<Record<string, string>>;
  readonly at: string;
  readonly labels: Readonly<Record<string, string>>;
}

const cases: readonly Case[] = [
  {
    alert: 'WharfingerRegistryNotReady',
    series: {
      [`wharfinger_registry_ready${registry}`]: '0x60',
      [`wharfinger_registry_replicas_wanted${registry}`]: '1x60',
    },
    quiet: { [`wharfinger_registry_replicas_wanted${registry}`]: '0x60' },
    at: '20m',
    labels: { ...of, severity: 'critical' },
  },
  {
    alert: 'WharfingerCertificateExpires',
    series: { [`wharfinger_certificate_expiry_timestamp_seconds${registry}`]: `${13 * 86_400}x120` },
    quiet: { [`wharfinger_certificate_expiry_timestamp_seconds${registry}`]: `${15 * 86_400}x120` },
    at: '61m',
    labels: { ...of, severity: 'warning' },
  },
  {
    alert: 'WharfingerCAExpires',
    series: { [`wharfinger_ca_expiry_timestamp_seconds${registry}`]: `${29 * 86_400}x120` },
    quiet: { [`wharfinger_ca_expiry_timestamp_seconds${registry}`]: `${31 * 86_400}x120` },
    at: '61m',
    labels: { ...of, severity: 'warning' },
  },
  {
    alert: 'WharfingerOperatorDown',
    series: { 'wharfinger_leader{pod="a"}': '0x60', 'wharfinger_leader{pod="b"}': '0x60' },
    quiet: { 'wharfinger_leader{pod="b"}': '1x60' },
    at: '10m',
    labels: { severity: 'critical' },
  },
  {
    alert: 'WharfingerReconcileErrors',
    series: { 'wharfinger_reconcile_total{controller="registry",result="error"}': '0+1x120' },
    quiet: { 'wharfinger_reconcile_total{controller="registry",result="error"}': '7x120' },
    at: '60m',
    labels: { controller: 'registry', severity: 'warning' },
  },
  {
    alert: 'WharfingerRegistryErrors',
    series: {
      'registry_http_requests_total{namespace="team",name="a",code="200"}': '0+90x60',
      'registry_http_requests_total{namespace="team",name="a",code="500"}': '0+10x60',
    },
    quiet: { 'registry_http_requests_total{namespace="team",name="a",code="500"}': '0+1x60' },
    at: '30m',
    labels: { ...of, severity: 'warning' },
  },
  {
    alert: 'WharfingerGarbageCollectionFailed',
    series: { [`wharfinger_garbage_collection_last_run_failed${registry}`]: '1x60' },
    quiet: { [`wharfinger_garbage_collection_last_run_failed${registry}`]: '0x60' },
    at: '10m',
    labels: { ...of, severity: 'warning' },
  },
  {
    alert: 'WharfingerGarbageCollectionOverdue',
    series: { [`wharfinger_garbage_collection_next_schedule_timestamp_seconds${registry}`]: '0x120' },
    quiet: { [`wharfinger_garbage_collection_next_schedule_timestamp_seconds${registry}`]: '3600x120' },
    at: '70m',
    labels: { ...of, severity: 'warning' },
  },
  {
    alert: 'WharfingerGarbageCollectionPutBack',
    series: { [`wharfinger_garbage_collection_last_run_put_back${registry}`]: '2x60' },
    quiet: { [`wharfinger_garbage_collection_last_run_put_back${registry}`]: '0x60' },
    at: '1m',
    labels: { ...of, severity: 'warning' },
  },
  {
    alert: 'WharfingerStorageNearlyFull',
    series: storage(91),
    quiet: storage(89),
    at: '10m',
    labels: { ...of, severity: 'warning' },
  },
  {
    alert: 'WharfingerStorageFull',
    series: storage(99),
    quiet: storage(97),
    at: '5m',
    labels: { ...of, severity: 'critical' },
  },
  {
    alert: 'WharfingerStorageProblem',
    series: { [`wharfinger_registry_storage_problem${registry}`]: '1x60' },
    quiet: { [`wharfinger_registry_storage_problem${registry}`]: '0x60' },
    at: '10m',
    labels: { ...of, severity: 'warning' },
  },
];

/** A storage of which so many of a hundred bytes are used. */
function storage(used: number): Record<string, string> {
  return {
    [`wharfinger_registry_storage_used_bytes${registry}`]: `${used}x60`,
    [`wharfinger_registry_storage_size_bytes${registry}`]: '100x60',
  };
}

interface Group {
  readonly rules: { readonly alert: string; readonly expr: string; readonly annotations: object }[];
}

let groups: Group[];

beforeAll(async () => {
  const objects = await rendered({ prometheusRule: { enabled: true } });
  ({ groups } = ofKind(objects, 'PrometheusRule')['spec'] as { groups: Group[] });
  writeFileSync(rules, JSON.stringify({ groups }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('A17: promtool finds nothing wrong with the rules', async () => {
  const { status, stdout, stderr } = await execute(['promtool', 'check', 'rules', rules]);
  expect(status, stderr).toBe(0);
  expect(stdout).toContain('SUCCESS');
});

test('A17: every alert is tried', () => {
  const alerts = groups.flatMap((group) => group.rules.map(({ alert }) => alert));
  expect(alerts.filter((alert) => !cases.some((one) => one.alert === alert))).toEqual([]);
});

async function fires(
  one: Case,
  series: Readonly<Record<string, string>>,
  expected: object[],
): Promise<string> {
  const input_series = Object.entries(series).map(([name, values]) => ({ series: name, values }));
  const file = join(folder, `${one.alert}.json`);
  const alert_rule_test = [{ eval_time: one.at, alertname: one.alert, exp_alerts: expected }];
  const suite = {
    rule_files: [rules],
    evaluation_interval: '1m',
    tests: [{ interval: '1m', input_series, alert_rule_test }],
  };
  writeFileSync(file, JSON.stringify(suite));
  const { status, stdout, stderr } = await execute(['promtool', 'test', 'rules', file]);
  return status === 0 ? '' : stdout + stderr;
}

/** As promtool prints what fired: labels and annotations must be whole. */
describe('A17: the alert', () => {
  test.each(cases)('$alert fires, and not without its reason', async (one) => {
    expect(await fires(one, { ...one.series, ...one.quiet }, [])).toBe('');
    // promtool compares the annotations too, which are prose: what it found is read from its complaint.
    const complaint = await fires(one, one.series, []);
    expect(complaint).toContain(`alertname="${one.alert}"`);
    for (const [label, value] of Object.entries(one.labels))
      expect(complaint).toContain(`${label}="${value}"`);
    expect(complaint).toContain('summary=');
    expect(complaint).not.toMatch(/<no value>|<error/);
  });
});
