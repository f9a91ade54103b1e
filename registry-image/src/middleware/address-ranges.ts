import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { Logger } from 'pino';

export interface AddressRangesOptions {
  /** Where the list is, in the form of https://ip-ranges.amazonaws.com/ip-ranges.json. */
  readonly url: string;
  /** Names in lower case; without, the ranges of every region count. */
  readonly regions: readonly string[] | undefined;
  /** Milliseconds after which the list is fetched again. */
  readonly updateFrequency: number;
  readonly log: Logger;
}

export interface AddressRanges {
  /** Whether an IP address lies in the ranges; false as long as they are not known. */
  includes(address: string): boolean;
}

/** Milliseconds that the fetch may take, and after which one that failed is tried again at the earliest. */
const fetchTimeout = 10_000;
const retryAfter = 60_000;

/** The address ranges of AWS, fetched in the background when they are asked for; what is known holds until then. */
export function createAddressRanges(options: AddressRangesOptions): AddressRanges {
  const { url, regions, updateFrequency, log } = options;
  let known: BlockList | undefined;
  let fetching = false;
  let nextFetch = 0;

  async function update(): Promise<void> {
    fetching = true;
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(fetchTimeout) });
      if (!answer.ok) throw new Error(`it was answered ${answer.status}`);
      known = parseRanges(await answer.json(), regions);
      nextFetch = performance.now() + updateFrequency;
    } catch (error) {
      nextFetch = performance.now() + Math.min(retryAfter, updateFrequency);
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ url, reason }, 'the address ranges of AWS cannot be fetched');
    }
    fetching = false;
  }

  return {
    includes(address) {
      if (!fetching && performance.now() >= nextFetch) void update();
      const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
      if (isIPv4(plain)) return known?.check(plain, 'ipv4') ?? false;
      return isIPv6(plain) && (known?.check(plain, 'ipv6') ?? false);
    },
  };
}

interface Prefix {
  readonly ip_prefix?: string;
  readonly ipv6_prefix?: string;
  readonly region?: string;
}

function parseRanges(list: unknown, regions: readonly string[] | undefined): BlockList {
  const { prefixes = [], ipv6_prefixes = [] } = list as Readonly<Record<string, Prefix[] | undefined>>;
  const ranges = new BlockList();
  for (const { ip_prefix, ipv6_prefix, region = '' } of [...prefixes, ...ipv6_prefixes]) {
    if (regions && !regions.includes(region.toLowerCase())) continue;
    const [network = '', length] = (ip_prefix ?? ipv6_prefix ?? '').split('/');
    const family = isIPv4(network) ? 'ipv4' : isIPv6(network) ? 'ipv6' : undefined;
    if (family) ranges.addSubnet(network, Number(length), family);
  }
  return ranges;
}
