import { expect, it } from 'vitest';
import { jsonReport, textReport } from './report.ts';

const outcome = {
  kubectl: '/bin/kubectl',
  kubeconfig: '/k',
  registry: { metadata: { namespace: 'registries', name: 'example' }, spec: { hostname: '10.0.0.1' } },
  host: '10.0.0.1:30500',
  files: {
    caFile: '/s/ca.crt',
    username: 'ci',
    passwordFile: '/s/password',
    secret: 'registries/example-user-ci',
  },
  proof: { reference: '10.0.0.1:30500/wharfinger/proof:latest', digest: 'sha256:1' },
  stopCommand: 'npm stop',
};

it('jsonReport has exactly the documented fields, in one line', () => {
  const text = jsonReport(outcome);
  expect(text).not.toContain('\n');
  expect(JSON.parse(text)).toEqual({
    kubeconfig: '/k',
    registry: {
      namespace: 'registries',
      name: 'example',
      url: 'https://10.0.0.1:30500',
      host: '10.0.0.1:30500',
      caFile: '/s/ca.crt',
      username: 'ci',
      passwordFile: '/s/password',
    },
  });
});

it('textReport says where everything is', () => {
  const text = textReport(outcome);
  for (const part of [
    '/k',
    'https://10.0.0.1:30500',
    '/s/ca.crt',
    '/s/password',
    'example-user-ci',
    'npm stop',
  ]) {
    expect(text).toContain(part);
  }
});
