import { expect, it } from 'vitest';
import { ApiError } from '../kube/errors.ts';
import { problemOf } from './refusal.ts';

const denied = 'admission webhook "policy.example" denied the request: value hunter2 is not allowed';
const silent = 'Internal error occurred: failed calling webhook "policy.example": connection refused';

function problem(code: number, message: string, request: string): ReturnType<typeof problemOf> {
  return problemOf(new ApiError({ code, message, reason: 'Said' }, { request }));
}

it('what a webhook denies as a bad request is told, but not what it says of a Secret', () => {
  const sets = '/apis/apps/v1/namespaces/team/statefulsets/a';
  expect(problem(400, denied, `PATCH ${sets}`)).toMatchObject({
    reason: 'Refused',
    stalled: true,
    message: expect.stringContaining('hunter2') as string,
  });
  const told = problem(400, denied, 'PATCH /api/v1/namespaces/team/secrets/a');
  expect(told).toMatchObject({ reason: 'Refused', stalled: true });
  expect(told?.message).not.toContain('hunter2');
});

it('a webhook that does not answer is waited for, by name', () => {
  expect(problem(500, silent, 'PATCH /api/v1/namespaces/team/services/a')).toMatchObject({
    reason: 'WebhookUnavailable',
    stalled: false,
    message: expect.stringContaining('policy.example') as string,
  });
});

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
