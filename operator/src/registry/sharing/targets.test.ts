import { describe, expect, it } from 'vitest';
import type { TargetNamespaces } from '../../api/registry-sharing.ts';
import type { Namespace } from '../../kube/builtin-kinds.ts';
import { targetsOf } from './targets.ts';

const consent = { 'accept-from.wharfinger.dev/team': 'true' };
function namespace(name: string, labels: Record<string, string>, deletionTimestamp?: string): Namespace {
  return { metadata: { name, labels, deletionTimestamp } };
}
const all = [
  namespace('team', { tier: 'one' }),
  namespace('yes', { ...consent, tier: 'one' }),
  namespace('also', { ...consent, tier: 'two' }),
  namespace('no', { tier: 'one' }),
  namespace('others', { 'accept-from.wharfinger.dev/other': 'true' }),
  namespace('false', { 'accept-from.wharfinger.dev/team': 'false' }),
  namespace('going', consent, '2026-11-21T00:00:00Z'),
];

describe('targetsOf', () => {
  it.each<[string, TargetNamespaces | undefined, string[], string[]]>([
    ['nothing said: its own', undefined, ['team'], []],
    ['names', { names: ['yes', 'team'] }, ['team', 'yes'], []],
    [
      'names without consent, or of nothing: nobody learns which',
      { names: ['no', 'others', 'false', 'going', 'nowhere', 'yes'] },
      ['yes'],
      ['no', 'others', 'false', 'going', 'nowhere'],
    ],
    [
      'a selector among those that consent',
      { selector: { matchLabels: { tier: 'one' } } },
      ['team', 'yes'],
      [],
    ],
    ['all that consent', { selector: {} }, ['also', 'team', 'yes'], []],
    [
      'both, each once',
      {
        names: ['yes'],
        selector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['two', 'one'] }] },
      },
      ['also', 'team', 'yes'],
      [],
    ],
    [
      'expressions',
      {
        selector: {
          matchExpressions: [
            { key: 'tier', operator: 'Exists' },
            { key: 'tier', operator: 'NotIn', values: ['one'] },
            { key: 'x', operator: 'DoesNotExist' },
          ],
        },
      },
      ['also'],
      [],
    ],
  ])('%s', (_, wanted, accepting, refusing) => {
    expect(targetsOf('team', wanted, all)).toEqual({ accepting, refusing });
  });
});
