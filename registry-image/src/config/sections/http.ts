import { z } from 'zod';
import { choice, duration, flag, headerName, headerValue, text } from '../fields.ts';

const Tls = z.strictObject({
  certificate: text,
  key: text,
  /** PEM files with the authorities of client certificates; with any, a client needs one (see clientauth). */
  clientcas: z.array(text).default([]),
  clientauth: choice(
    'request-client-cert',
    'require-any-client-cert',
    'verify-client-cert-if-given',
    'require-and-verify-client-cert',
  ).default('require-and-verify-client-cert'),
  minimumtls: choice('tls1.0', 'tls1.1', 'tls1.2', 'tls1.3').default('tls1.2'),
  /** Names as Go and IANA write them (TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256); the runtime's own choice when empty. */
  ciphersuites: z.array(text).default([]),
});

const Debug = z.strictObject({
  addr: text,
  prometheus: z.strictObject({ enabled: flag.default(false), path: text.default('/metrics') }).prefault({}),
});

/** `registry:5000` is a URL too, of the scheme `registry`. */
function isWebOrigin(value: string): boolean {
  return /^https?:\/\//i.test(value) && URL.canParse(value);
}

export const Http = z
  .strictObject({
    addr: text.default(':5000'),
    net: choice('tcp', 'unix').default('tcp'),
    /** '' or a path that starts with a slash and does not end with one. */
    prefix: text.transform((value) => value.replace(/^\/*/, '/').replace(/\/+$/, '')).prefault(''),
    host: text.refine(isWebOrigin, 'must be a URL such as https://registry.example').optional(),
    secret: text.optional(),
    relativeurls: flag.default(false),
    draintimeout: duration.prefault('0'),
    headers: z.record(headerName, z.array(headerValue)).default({}),
    tls: Tls.optional(),
    debug: Debug.optional(),
    http2: z.strictObject({ disabled: flag.default(false) }).prefault({}),
    /** HTTP/2 without TLS (prior knowledge), beside HTTP/1.1 on the same port. */
    h2c: z.strictObject({ enabled: flag.default(false) }).prefault({}),
  })
  .refine(({ addr, net }) => net === 'unix' || /:\d{1,5}$/.test(addr), {
    path: ['addr'],
    message: 'must be HOST:PORT or :PORT, such as :5000',
  })
  .prefault({});
