import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../../registry-image/src/registry/error-codes.ts';
import { checks } from './checks/index.ts';
import { requirements } from './requirements/index.ts';
import { rows } from './rows.ts';

const shown = new Set(checks.flatMap((check) => check.shows));
const errors = Object.keys(errorCodes).map((code) => `error:${code}`);

describe('the checks', () => {
  it.each([...requirements.keys()])('show the requirement %s', (id) => {
    expect([...shown]).toContain(id);
  });

  it.each(errors)('show %s', (id) => {
    expect([...shown]).toContain(id);
  });

  it.each(Object.keys(rows))('show the row %s', (id) => {
    expect([...shown]).toContain(id);
  });

  it('show nothing that is in no table', () => {
    const known = [...requirements.keys(), ...errors, ...Object.keys(rows)];
    expect([...shown].filter((id) => !known.includes(id))).toEqual([]);
  });

  it('have titles of their own', () => {
    const titles = checks.map(({ title }) => title);
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  });
});
