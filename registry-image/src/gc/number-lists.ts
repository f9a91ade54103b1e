/** A list of numbers that only grows, of four (or eight) bytes each, without ever being copied as a whole. */
export interface NumberList {
  readonly length: number;
  push(value: number): void;
  /** 0 beyond the end. */
  at(index: number): number;
  /** Grows as far as needed, with zeros. */
  set(index: number, value: number): void;
}

type Chunk = Int32Array | Float64Array | Uint8Array;

const chunkBits = 15;
const chunkSize = 1 << chunkBits;

/** Of integers of 32 bits, sign included. */
export function createIntegers(): NumberList {
  return createList(() => new Int32Array(chunkSize));
}

/** Of any numbers. */
export function createFloats(): NumberList {
  return createList(() => new Float64Array(chunkSize));
}

/** Of integers of 0 to 255. */
export function createBytes(): NumberList {
  return createList(() => new Uint8Array(chunkSize));
}

function createList(newChunk: () => Chunk): NumberList {
  const chunks: Chunk[] = [];
  let length = 0;

  function set(index: number, value: number): void {
    while (chunks.length << chunkBits <= index) chunks.push(newChunk());
    (chunks[index >> chunkBits] as Chunk)[index & (chunkSize - 1)] = value;
    if (index >= length) length = index + 1;
  }

  return {
    get length() {
      return length;
    },
    push: (value) => set(length, value),
    at: (index) => chunks[index >> chunkBits]?.[index & (chunkSize - 1)] ?? 0,
    set,
  };
}
