import { z } from 'zod';
import { rules } from './rule.ts';

const label = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
const dnsName = `^${label}([.]${label})*$`;
const lastLabelNumeric = '(^|[.])[0-9]+$';

/** A DNS name in lower case, or an IPv4 or IPv6 address without brackets. */
export const Hostname = z
  .string()
  .max(253)
  .meta(
    rules({
      rule: `isIP(self) || (self.matches('${dnsName}') && !self.matches('${lastLabelNumeric}'))`,
      message:
        'not a DNS name or IP address; write it in lower case without scheme, port or path, such as registry.example.com or 10.0.0.7',
    }),
  );
export type Hostname = z.infer<typeof Hostname>;

/** An IPv4 or IPv6 address without brackets. */
export const IpAddress = z
  .string()
  .max(45)
  .meta(rules({ rule: 'isIP(self)', message: 'not an IP address; write it as 10.0.0.7 or fd00::7' }));
export type IpAddress = z.infer<typeof IpAddress>;

/** Whether a valid hostname is an address. */
export function isIpAddress(hostname: Hostname): boolean {
  return hostname.includes(':') || new RegExp(lastLabelNumeric).test(hostname);
}
