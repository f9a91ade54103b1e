import { z } from 'zod';
import { choice, duration, flag, headerName, headerValue, isSection, text, url } from '../fields.ts';

const LetsEncrypt = z.strictObject({
  cachefile: text.describe('File that keeps account and certificates.'),
  email: text.describe('Address that the account is registered with.'),
  hosts: z.array(text).default([]).describe('Names for which certificates may be asked for.'),
  directoryurl: url('https://acme-v02.api.letsencrypt.org/directory')
    .optional()
    .describe("Directory of another ACME server than Let's Encrypt's."),
});

const Tls = z.strictObject({
  certificate: text.describe('PEM file with the certificate, then its intermediates.'),
  key: text.describe('PEM file with the private key.'),
  clientcas: z
    .array(text)
    .default([])
    .describe(
      'PEM files with the authorities of client certificates; with any, a client needs one (see `clientauth`).',
    ),
  clientauth: choice(
    'request-client-cert',
    'require-any-client-cert',
    'verify-client-cert-if-given',
    'require-and-verify-client-cert',
  )
    .default('require-and-verify-client-cert')
    .describe('What is asked of client certificates when there are `clientcas`.'),
  minimumtls: choice('tls1.0', 'tls1.1', 'tls1.2', 'tls1.3')
    .default('tls1.2')
    .describe('Oldest version of TLS that is spoken.'),
  ciphersuites: z
    .array(text.meta({ example: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256' }))
    .default([])
    .describe(
      "Cipher suites as Go and IANA name them (TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256); the runtime's own choice when empty.",
    ),
  letsencrypt: LetsEncrypt.optional().meta({ planned: true }).describe("Certificates from Let's Encrypt."),
});

const Debug = z.strictObject({
  addr: text.describe('HOST:PORT of the debug server.'),
  prometheus: z
    .strictObject({
      enabled: flag.default(false).describe('Serve metrics.'),
      path: text.default('/metrics').describe('Path of the metrics.'),
    })
    .prefault({})
    .describe('Metrics for Prometheus.'),
});

export const Http = z
  .strictObject({
    addr: text
      .meta({ example: 'localhost:5443' })
      .default(':5000')
      .describe('Where it listens: HOST:PORT, or with `net: unix` the path of a socket.'),
    net: choice('tcp', 'unix').default('tcp').describe('Kind of `addr`.'),
    prefix: text
      .transform((value) => value.replace(/^\/*/, '/').replace(/\/+$/, ''))
      .refine(
        (value) => /^(?:\/(?!\.\.?(?:\/|$))[\w.~-]+)*$/.test(value),
        'must be a path of letters, digits and . _ ~ -, such as /registry',
      )
      .prefault('')
      .describe('Path below which the registry is.'),
    host: url('https://registry.example')
      .optional()
      .describe('URL by which clients reach the registry, for the URLs that it gives out.'),
    secret: text
      .optional()
      // Distribution takes an empty one for none; everybody could sign with it.
      .transform((value) => value || undefined)
      .meta({ secret: true })
      .describe(
        'Key that signs the state of uploads and the tokens of `auth.htpasswd`, the same on all replicas; random without it.',
      ),
    relativeurls: flag.default(false).describe('Give out URLs without scheme and host.'),
    draintimeout: duration
      .prefault('0s')
      .describe('How long running requests may take to end when the registry ends; 0 cuts them.'),
    headers: z
      .record(headerName, z.array(headerValue).describe('Values of the field.'))
      .default({})
      .describe('Header fields of every answer, each with a list of values.'),
    tls: Tls.optional().describe('TLS; plain HTTP without it.'),
    debug: Debug.optional().describe('A second server for health and metrics; none without it.'),
    http2: z
      .strictObject({ disabled: flag.default(false).describe('Speak HTTP/1.1 only.') })
      .prefault({})
      .describe('HTTP/2 with TLS.'),
    h2c: z
      .strictObject({
        enabled: flag.default(false).describe('Speak HTTP/2 too, on the same port.'),
      })
      .prefault({})
      .describe('HTTP/2 without TLS (prior knowledge).'),
  })
  .refine(({ addr, net }) => net !== 'tcp' || typeof addr !== 'string' || /:\d{1,5}$/.test(addr), {
    path: ['addr'],
    message: 'must be HOST:PORT or :PORT, such as :5000',
    when: isSection,
  })
  .prefault({})
  .describe('How the registry is served.');
