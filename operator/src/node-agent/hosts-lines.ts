/** What the hosts file is to become, and names that somebody else has there with another address. */
export interface HostsLines {
  readonly text: string;
  readonly taken: readonly string[];
}

/**
 * The text of a hosts file with the entries (hostname -> address) of one NodeTrust and no others of its own. Its lines are marked;
 * all other lines stay as they are.
 */
export function hostsLines(
  before: string,
  nodeTrust: string,
  entries: ReadonlyMap<string, string>,
): HostsLines {
  const mark = `# wharfinger NodeTrust ${nodeTrust}`;
  const isOurs = (line: string): boolean => line.endsWith(`\t${mark}`);
  const lines = before.split('\n');
  const foreign = lines.filter((line) => !isOurs(line)).flatMap(namesIn);
  const wanted = new Set<string>();
  const taken: string[] = [];
  for (const [hostname, address] of entries) {
    const others = foreign.filter((entry) => entry.name === hostname);
    if (others.some((entry) => entry.address !== address)) taken.push(hostname);
    else if (others.length === 0) wanted.add(`${address}\t${hostname}\t${mark}`);
  }
  const kept = lines.filter((line) => !isOurs(line) || wanted.has(line));
  const missing = [...wanted].filter((line) => !kept.includes(line));
  const text = kept.join('\n');
  if (missing.length === 0) return { text, taken };
  const ended = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return { text: `${ended}${missing.join('\n')}\n`, taken };
}

function namesIn(line: string): { name: string; address: string }[] {
  const [address = '', ...names] = (line.split('#')[0] ?? '').trim().split(/\s+/);
  return names.map((name) => ({ name: name.toLowerCase(), address }));
}
