/** What an Authorization header says. */
export type Credentials =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }
  /** Of another scheme, or broken. */
  | { readonly kind: 'unusable' };

const none: Credentials = { kind: 'none' };
const unusable: Credentials = { kind: 'unusable' };

/** Reads an Authorization header: RFC 7617, section 2, and RFC 6750, section 2.1. */
export function parseAuthorization(header: string | undefined): Credentials {
  if (header === undefined || header.trim() === '') return none;
  const [, scheme = '', value = ''] = /^\s*([A-Za-z]+) +(\S+)\s*$/.exec(header) ?? [];
  if (/^bearer$/i.test(scheme)) return { kind: 'bearer', token: value };
  if (!/^basic$/i.test(scheme) || !/^[A-Za-z0-9+/=_-]+$/.test(value)) return unusable;
  const text = Buffer.from(value, 'base64').toString('utf8');
  // What skopeo and podman send to a registry that asks for a password when they have none.
  if (text === ':') return none;
  const colon = text.indexOf(':');
  if (colon < 1) return unusable;
  return { kind: 'basic', user: text.slice(0, colon), password: text.slice(colon + 1) };
}
