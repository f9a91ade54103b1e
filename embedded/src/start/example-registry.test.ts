import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { firstUser, renderExample } from './example-registry.ts';

const text = readFileSync(new URL('../../../examples/registry.yaml', import.meta.url), 'utf8');

describe('renderExample', () => {
  it('keeps the example as it is without settings', () => {
    const registry = renderExample(text, {});
    expect(registry.spec.hostname).toBe('registry.example.internal');
    expect(firstUser(registry)).toBe('ci');
  });

  it('sets hostname and service', () => {
    const service = { type: 'NodePort', nodePort: 30500 } as const;
    const registry = renderExample(text, { hostname: '10.0.0.1', service });
    expect(registry.spec).toMatchObject({ hostname: '10.0.0.1', service, auth: { htpasswd: {} } });
  });
});

it('the example has at most eight lines of spec', () => {
  const spec = text.slice(text.indexOf('\nspec:\n') + 7).trimEnd();
  expect(spec.split('\n').length).toBeLessThanOrEqual(8);
});

it('firstUser says what is missing', () => {
  const registry = renderExample(text, {});
  expect(() => firstUser({ ...registry, spec: { hostname: 'a' } })).toThrow(/no user/);
});
