import { describe, expect, it } from 'vitest';
import { maintenanceHash } from '../config/maintenance.ts';
import { collectionMaintenanceFile, registryMaintenanceFile } from './maintenance-files.ts';

describe('maintenance files', () => {
  it('have no hash before anything was read, and that of the empty text without a file', () => {
    const file = registryMaintenanceFile();
    expect(file.observed).toEqual({ value: { readOnly: false }, hash: '' });
    expect(file.take(null)).toBe('');
    expect(file.observed.hash).toBe(maintenanceHash(''));
  });

  it('keep what held when a text is wrong, and say so once', () => {
    const file = collectionMaintenanceFile();
    const good = JSON.stringify({ run: 'a', attempt: 1, restart: 'n' });
    file.take(good);
    expect(file.take('{')).toBe('collection.json: not valid JSON');
    expect(file.take('{')).toBe('');
    expect(file.take('{"run":"a","attempt":-1}')).toMatch(/^collection\.json\.attempt: /);
    expect(file.observed).toMatchObject({ value: { run: 'a', attempt: 1 }, hash: maintenanceHash(good) });
    file.take(null);
    expect(file.observed).toEqual({ value: null, hash: maintenanceHash('') });
  });
});
