/** Whether If-None-Match names this digest (RFC 9110, 13.1.2; clients also send it without quotes). */
export function matchesEtag(header: string | undefined, digest: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some(
    (tag) =>
      tag
        .trim()
        .replace(/^W\//, '')
        .replace(/^"(.*)"$/, '$1') === digest,
  );
}

export type RequestedRange = { start: number; end: number } | 'whole' | 'unsatisfiable';

/**
 * The one range of bytes that a Range header asks for (RFC 9110, 14.2), both ends inclusive. What cannot be understood
 * and lists of several ranges mean the whole.
 */
export function requestedRange(header: string | undefined, size: number): RequestedRange {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  const [, first = '', last = ''] = found ?? [];
  if (!found || (first === '' && last === '')) return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  // RFC 9110, 14.2: a server "MAY ignore or reject" a range whose end lies before its start; clients of registries expect 416.
  if (start >= size || (last !== '' && Number(last) < start)) return 'unsatisfiable';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
