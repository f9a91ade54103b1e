/** Numbers texts 0, 1, 2 …; for names that come again and again. */
export interface TextTable {
  add(text: string): number;
  text(number: number): string;
}

export function createTextTable(): TextTable {
  const numbers = new Map<string, number>();
  const texts: string[] = [];
  return {
    add(text) {
      const known = numbers.get(text);
      if (known !== undefined) return known;
      numbers.set(text, texts.length);
      texts.push(text);
      return texts.length - 1;
    },
    text: (number) => texts[number] ?? '',
  };
}
