import { z } from 'zod';
import { rules } from './rule.ts';

const LabelExpression = z
  .object({
    key: z.string().min(1).max(317).describe('Key of the label.'),
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).describe('What must hold of the label.'),
    values: z
      .array(z.string().max(63))
      .max(64)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .optional()
      .describe('Values for In and NotIn.'),
  })
  .meta(
    rules({
      rule: "(self.operator in ['In', 'NotIn']) == (has(self.values) && self.values.size() > 0)",
      message: 'values go with In and NotIn, and only with them; add or remove values',
    }),
  );

/** Chooses objects by their labels, as everywhere in Kubernetes: all of it must hold. An empty one chooses all. */
export const LabelSelector = z.object({
  matchLabels: z
    .record(z.string().max(317), z.string().max(63))
    .optional()
    .describe('Labels with these values.'),
  matchExpressions: z
    .array(LabelExpression)
    .max(16)
    .meta({ 'x-kubernetes-list-type': 'atomic' })
    .optional()
    .describe('Conditions on labels.'),
});
export type LabelSelector = z.infer<typeof LabelSelector>;

/** Whether labels are chosen by the selector. */
export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const isEqual = ([key, value]: [string, string]): boolean => labels[key] === value;
  return Object.entries(matchLabels).every(isEqual) && matchExpressions.every((one) => holds(one, labels));
}

function holds(
  { key, operator, values = [] }: z.infer<typeof LabelExpression>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[key];
  if (operator === 'Exists') return value !== undefined;
  if (operator === 'DoesNotExist') return value === undefined;
  const isListed = value !== undefined && values.includes(value);
  return operator === 'In' ? isListed : !isListed;
}
