/** Numbers values 0, 1, 2 …; for those that come again and again. */
export interface ValueTable<T> {
  /** @param key tells it from others */
  add(key: string, value: T): number;
  at(number: number): T;
}

export function createValueTable<T>(): ValueTable<T> {
  const numbers = new Map<string, number>();
  const values: T[] = [];
  return {
    add(key, value) {
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, values.length);
      values.push(value);
      return values.length - 1;
    },
    at: (number) => values[number] as T,
  };
}
