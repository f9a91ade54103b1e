import { boundHeap } from './bounded-heap.ts';

/**
 * Numbers digests 0, 1, 2 … in the order in which they come, so that what is known of each can be kept in lists of numbers. Holds the 32 bytes
 * of a sha256 digest, and other text as it is.
 */
export interface DigestTable {
  readonly size: number;
  /** The number of a digest, a new one when it has none. */
  add(digest: string): number;
  /** -1 when it has no number. */
  find(digest: string): number;
  digest(number: number): string;
}

const prefix = 'sha256:';
const bytesEach = 32;
const wordsEach = bytesEach / 4;
const textLength = prefix.length + 2 * bytesEach;
const chunkBits = 13;
const chunkSize = 1 << chunkBits;
/** Calls between two looks at the heap: most of what is made of a large store is made with its digests. */
const lookEvery = 1024;
/** What a digest is looked up by is full when so much of it is in use. */
const fullness = 0.75;

/** Values of the hexadecimal digits by their character codes; 16 for all that is none, capital letters too. */
const digits = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(code));
  return digit < 0 ? 16 : digit;
});

export function createDigestTable(): DigestTable {
  const chunks: Chunk[] = [];
  const others = new Map<string, number>();
  const otherTexts = new Map<number, string>();
  const sought = createChunk(1);
  // Open addressing; numbers are one more than they are, for 0 is empty.
  let slots = new Int32Array(1024);
  let packed = 0;
  let size = 0;
  let calls = 0;

  function countCall(): void {
    if (++calls % lookEvery === 0) boundHeap();
  }

  /** Puts the bytes of a digest into `sought`; false when it is none of those that are packed. */
  function seek(digest: string): boolean {
    if (digest.length !== textLength || !digest.startsWith(prefix)) return false;
    for (let index = 0, at = prefix.length; index < bytesEach; index++, at += 2) {
      const high = digits[digest.charCodeAt(at)] ?? 16;
      const low = digits[digest.charCodeAt(at + 1)] ?? 16;
      if (high > 15 || low > 15) return false;
      sought.bytes[index] = (high << 4) | low;
    }
    return true;
  }

  /** Where the digest at `offset` (in words) has its number, or where that would be. */
  function slotOf(words: Int32Array, offset: number): number {
    const mask = slots.length - 1;
    for (let slot = (words[offset] as number) & mask; ; slot = (slot + 1) & mask) {
      const number = (slots[slot] as number) - 1;
      if (number < 0 || isAt(number, words, offset)) return slot;
    }
  }

  function isAt(number: number, words: Int32Array, offset: number): boolean {
    const other = chunkOf(number).words;
    for (let index = 0, at = indexOf(number) * wordsEach; index < wordsEach; index++) {
      if (words[offset + index] !== other[at + index]) return false;
    }
    return true;
  }

  function chunkOf(number: number): Chunk {
    return chunks[number >> chunkBits] as Chunk;
  }

  function grow(): void {
    const old = slots;
    slots = new Int32Array(2 * old.length);
    for (const entry of old) {
      if (entry === 0) continue;
      const number = entry - 1;
      slots[slotOf(chunkOf(number).words, indexOf(number) * wordsEach)] = entry;
    }
  }

  function addPacked(): number {
    const slot = slotOf(sought.words, 0);
    const known = slots[slot] as number;
    if (known > 0) return known - 1;
    const number = size++;
    while (chunks.length <= number >> chunkBits) chunks.push(createChunk(chunkSize));
    chunkOf(number).words.set(sought.words, indexOf(number) * wordsEach);
    slots[slot] = number + 1;
    if (++packed > slots.length * fullness) grow();
    return number;
  }

  function addOther(digest: string): number {
    const known = others.get(digest);
    if (known !== undefined) return known;
    const number = size++;
    others.set(digest, number);
    otherTexts.set(number, digest);
    return number;
  }

  return {
    get size() {
      return size;
    },
    add(digest) {
      countCall();
      return seek(digest) ? addPacked() : addOther(digest);
    },
    find(digest) {
      countCall();
      return seek(digest) ? (slots[slotOf(sought.words, 0)] as number) - 1 : (others.get(digest) ?? -1);
    },
    digest(number) {
      countCall();
      const other = otherTexts.size > 0 ? otherTexts.get(number) : undefined;
      if (other !== undefined) return other;
      const start = indexOf(number) * bytesEach;
      return prefix + chunkOf(number).bytes.toString('hex', start, start + bytesEach);
    },
  };
}

/** The same memory in two ways. */
interface Chunk {
  readonly bytes: Buffer;
  readonly words: Int32Array;
}

function createChunk(digests: number): Chunk {
  const memory = new ArrayBuffer(digests * bytesEach);
  return { bytes: Buffer.from(memory), words: new Int32Array(memory) };
}

/** Position in its chunk. */
function indexOf(number: number): number {
  return number & (chunkSize - 1);
}
