import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ofKind, rendered, type Rendered } from '../support/helm.ts';
import { kubectl, list } from '../support/kubernetes.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { started } from '../support/started.ts';

const operators = 'wharfinger-system';
let objects: Rendered[];
let prometheus: Prometheus;
let stop: (() => Promise<void>) | undefined;

interface Panel {
  readonly title: string;
  readonly targets?: { readonly expr: string }[];
}

beforeAll(async () => {
  const on = { enabled: true };
  objects = await rendered({ serviceMonitor: on, prometheusRule: on, dashboard: on });
  prometheus = await startPrometheus(objects.filter(({ kind }) => kind === 'ServiceMonitor'));
  stop = () => prometheus.stop();
  // Others may be of Registries that are just being deleted.
  const { namespace, name } = started().registry;
  const wanted = (await list('pods', operators)).map(({ metadata }) => `${operators}/${metadata.name}`);
  wanted.push(`${namespace}/${name}-0`);
  await eventually('the operators and the example are scraped', async () => {
    const up = (await prometheus.targets()).filter(({ health }) => health === 'up');
    const found = new Set(up.map(({ labels }) => `${labels['namespace']}/${labels['pod']}`));
    return wanted.every((one) => found.has(one));
  });
});
afterAll(() => stop?.());

function dashboard(): { panels: Panel[]; templating: { list: { query: unknown }[] } } {
  const { 'wharfinger.json': text = '' } = ofKind(objects, 'ConfigMap')['data'] as Record<string, string>;
  return JSON.parse(text) as ReturnType<typeof dashboard>;
}

/** The expressions of the panels, with what Grafana puts in for its variables. */
function expressions(): { title: string; expr: string }[] {
  return dashboard().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      title,
      expr: expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(namespace|name)\b/g, '.*'),
    })),
  );
}

function alerts(): { title: string; expr: string }[] {
  const { groups } = ofKind(objects, 'PrometheusRule')['spec'] as {
    groups: { rules: { alert: string; expr: string }[] }[];
  };
  return groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => ({ title: alert, expr })));
}

/** The names of metrics in an expression: what is no function, keyword, label, text or duration. */
function metricsIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\[[^\]]*\]/g, '')
    .replaceAll(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, '');
  const words = [...bare.matchAll(/\b[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()/g)].map(([word]) => word);
  return words.filter((word) => !['and', 'or', 'unless', 'bool', 'by', 'without'].includes(word));
}

/** Every metric that a page of metrics declares, series of histograms included. */
function declared(page: string): string[] {
  return [...page.matchAll(/^# TYPE (\S+) (\S+)/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' || type === 'summary'
      ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]
      : [name],
  );
}

async function page(namespace: string, pod: string, port: number): Promise<string> {
  return kubectl(['get', '--raw', `/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy/metrics`]);
}

test('A17: the monitors find every operator and the pods of Registries, with the labels that the alerts name', async () => {
  const { namespace, name } = started().registry;
  const pods = await list('pods', operators);
  const found = await prometheus.query('up');
  const labels = found.map(({ metric }) => metric);
  for (const { metadata } of pods)
    expect(
      labels.some(({ pod }) => pod === metadata.name),
      metadata.name,
    ).toBe(true);
  expect(labels).toContainEqual(expect.objectContaining({ namespace, name, pod: `${name}-0` }));
  const ready = await prometheus.query(`wharfinger_registry_ready{namespace="${namespace}",name="${name}"}`);
  expect(ready[0]?.value[1]).toBe('1');
});

test('A17: dashboard and alerts name only metrics that the operator or a registry has', async () => {
  const { namespace, name } = started().registry;
  const pages = await Promise.all([
    ...(await list('pods', operators)).map(({ metadata }) => page(operators, metadata.name, 8080)),
    page(namespace, `${name}-0`, 5001),
  ]);
  const known = new Set(pages.flatMap(declared));
  const queries = [...expressions(), ...alerts()];
  expect(queries.length).toBeGreaterThan(20);
  for (const { title, expr } of queries) {
    const names = metricsIn(expr);
    expect(names.length, title).toBeGreaterThan(0);
    expect(
      names.filter((metric) => !known.has(metric)),
      title,
    ).toEqual([]);
  }
  expect(metricsIn('sum by (a) (rate(nothing_like_it{a="b"}[5m])) > 0')).toEqual(['nothing_like_it']);
});

test('A17: every query of the dashboard is understood, and those of a registry that serves have an answer', async () => {
  const answers = new Map<string, number>();
  for (const { title, expr } of expressions())
    answers.set(title, (answers.get(title) ?? 0) + (await prometheus.query(expr)).length);
  for (const { expr } of alerts()) await prometheus.query(expr);
  const serving = [
    'Ready',
    'Days until the certificate ends',
    'Days until the CA ends',
    'Storage used',
    'Requests under way',
    'Workers that serve',
    'Operators that lead',
    'Queue',
  ];
  for (const title of serving) expect(answers.get(title), title).toBeGreaterThan(0);
});
