import { describe, expect, it } from 'vitest';
import { attachmentPatch, attachmentsOf, type PullingAccount } from './attachments.ts';
import { attachedAnnotation } from './labels.ts';

function account(names: string[], note?: string): PullingAccount {
  return {
    metadata: { resourceVersion: '7', annotations: note === undefined ? {} : { [attachedAnnotation]: note } },
    imagePullSecrets: names.map((name) => ({ name })),
  };
}

/** Names in the list, and the note, after the patch; undefined when there is none. */
function patched(before: PullingAccount, source: string, ...wanted: string[]): unknown {
  const patch = attachmentPatch(before, source, new Set(wanted)) as
    | {
        metadata: { resourceVersion: string; annotations: object };
        imagePullSecrets: { name: string }[] | null;
      }
    | undefined;
  if (patch === undefined) return undefined;
  expect(patch.metadata.resourceVersion).toBe('7');
  return [
    patch.imagePullSecrets?.map(({ name }) => name) ?? null,
    Object.values(patch.metadata.annotations)[0],
  ];
}

describe('attachmentPatch', () => {
  it.each<[string, PullingAccount, string[], unknown]>([
    ['adds behind what others put there', account(['mine']), ['a'], [['mine', 'a'], 'team/r=a']],
    ['begins a list', account([]), ['a', 'b'], [['a', 'b'], 'team/r=a,team/r=b']],
    ['leaves what is right', account(['mine', 'a'], 'team/r=a'), ['a'], undefined],
    ['takes out its own alone', account(['mine', 'a'], 'team/r=a'), [], [['mine'], null]],
    ['ends a list', account(['a'], 'team/r=a'), [], [null, null]],
    ['exchanges', account(['a', 'mine'], 'team/r=a'), ['b'], [['mine', 'b'], 'team/r=b']],
    ['puts back what somebody took out', account(['mine'], 'team/r=a'), ['a'], [['mine', 'a'], 'team/r=a']],
    ['forgets what somebody took out', account(['mine'], 'team/r=a'), [], [['mine'], null]],
    ['does not claim what a user listed', account(['a']), ['a'], undefined],
    ['never removes what a user listed', account(['a']), [], undefined],
    [
      "leaves another Registry's",
      account(['o', 'a'], 'team/other=o,team/r=a'),
      ['b'],
      [['o', 'b'], 'team/other=o,team/r=b'],
    ],
  ])('%s', (_, before, wanted, expected) => {
    expect(patched(before, 'team/r', ...wanted)).toEqual(expected);
  });
});

it('attachmentsOf reads only notes of the right form', () => {
  expect(attachmentsOf(account([], 'team/r=a,,x,=b,c='))).toEqual([{ source: 'team/r', secret: 'a' }]);
});
