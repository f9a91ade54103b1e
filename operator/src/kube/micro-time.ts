/** metav1.MicroTime: RFC 3339 in UTC with exactly six digits of the second's fraction. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
