/** What `Array` and lists that make their items anew have in common. */
interface List<T> {
  readonly length: number;
  at(index: number): T | undefined;
}

/** The same items, taken in turn from so many equal parts of the list: those that were neighbours are as far apart as they can be. */
export function* spread<T>(items: List<T>, parts: number): Generator<T> {
  const stride = Math.ceil(items.length / parts);
  for (let first = 0; first < stride; first++) {
    for (let index = first; index < items.length; index += stride) yield items.at(index) as T;
  }
}
