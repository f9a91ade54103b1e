/** An IPv4 range: `base` is the numeric value of its first address. */
export interface Cidr {
  base: number;
  prefix: number;
}

/** Reads `10.1.2.0/24`; an address without a prefix is a range of one. Throws when it is neither. */
export function parseCidr(text: string): Cidr {
  const [address = '', prefixText = '32'] = text.split('/');
  const prefix = Number(prefixText);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > 32 || prefixText === '') {
    throw new Error(`${text} is not an IPv4 range such as 10.86.0.0/24`);
  }
  return { base: maskAddress(parseAddress(address), prefix), prefix };
}

/** The address at `offset` within the range, as text. */
export function addressAt(range: Cidr, offset: number): string {
  const value = range.base + offset;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** The range as text. */
export function formatCidr(range: Cidr): string {
  return `${addressAt(range, 0)}/${range.prefix}`;
}

/** Whether two ranges have an address in common. */
export function overlaps(a: Cidr, b: Cidr): boolean {
  const prefix = Math.min(a.prefix, b.prefix);
  return maskAddress(a.base, prefix) === maskAddress(b.base, prefix);
}

function maskAddress(value: number, prefix: number): number {
  const size = 2 ** (32 - prefix);
  return Math.floor(value / size) * size;
}

function parseAddress(text: string): number {
  const parts = text.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : Number.NaN));
  if (parts.length !== 4 || !parts.every((part) => part <= 255))
    throw new Error(`${text} is not an IPv4 address`);
  return parts.reduce((value, part) => value * 256 + part, 0);
}
