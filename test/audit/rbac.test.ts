import { connectCluster } from '@wharfinger/embedded';
import { expect, test } from 'vitest';
import { auditOf, isForbidden, permissionsIn, permissionsOf } from '../support/audit.ts';
import { grantedRules, operatorUser } from '../support/granted-rules.ts';

test('A15: the operator’s RBAC is exactly what it asked of the API server in all tests, and nothing was refused', async () => {
  const { auditLog } = await connectCluster();
  const used = new Set<string>();
  const refused = new Set<string>();
  for await (const event of auditOf(auditLog, operatorUser, process.env['WHARFINGER_TEST_BEGAN'])) {
    const permissions = permissionsOf(event);
    for (const permission of permissions) used.add(permission);
    if (isForbidden(event)) refused.add(`${permissions.join()} ${event.requestURI}`);
  }
  const rules = await grantedRules();
  expect([...refused]).toEqual([]);
  expect(permissionsIn(rules).filter((permission) => permission.includes('*'))).toEqual([]);
  expect(permissionsIn(rules).filter((permission) => permission.startsWith('/pods/exec'))).toEqual([]);
  const given = new Set(permissionsIn(rules));
  expect([...given.difference(used)].join(', '), 'granted, and never asked for').toBe('');
  expect([...used.difference(given)].join(', '), 'asked for, and not granted').toBe('');
});
