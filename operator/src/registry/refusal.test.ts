import { expect, it } from 'vitest';
import { ApiError } from '../kube/errors.ts';
import { problemOf } from './refusal.ts';

const typed =
  'failed to create typed patch object (team/team-a; apps/v1, Kind=StatefulSet): .spec.template.spec.volumes[name="a"].emptyDir: expected map, got &{5}';

it.each([
  ['a field of the wrong type, in an apply', { code: 500, reason: '', message: typed }],
  [
    'a field of the wrong type, in a create',
    { code: 400, reason: 'BadRequest', message: 'cannot unmarshal' },
  ],
  ['an invalid value', { code: 422, reason: 'Invalid', message: 'must be less than' }],
])('%s is for a person to solve', (_what, status) => {
  expect(problemOf(new ApiError(status))).toMatchObject({
    stalled: true,
    reason: 'Refused',
    message: expect.stringContaining(status.message) as string,
  });
});

it('an accident is not', () => {
  expect(
    problemOf(new ApiError({ code: 500, reason: 'InternalError', message: 'etcd is down' })),
  ).toBeUndefined();
});
