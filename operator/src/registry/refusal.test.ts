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

it('any other bad request or failure is an accident', () => {
  expect(problem(400, 'bad', 'GET /x')).toBeUndefined();
  expect(problem(500, 'etcd', 'GET /x')).toBeUndefined();
});
