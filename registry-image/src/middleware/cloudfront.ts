import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type AddressRanges, createAddressRanges } from './address-ranges.ts';
import { baseOf } from './base-url.ts';
import { signedUrl } from './cloudfront-url.ts';
import type { MiddlewareContext, StorageMiddleware } from './middleware.ts';

interface CloudfrontOptions {
  readonly baseurl: string;
  readonly privatekey: string;
  readonly keypairid: string;
  /** Milliseconds. */
  readonly duration: number;
  readonly ipfilteredby: 'none' | 'aws' | 'awsregion';
  readonly awsregion?: string;
  /** Milliseconds. */
  readonly updatefrequency: number;
  readonly iprangesurl: string;
}

/**
 * Sends clients to CloudFront by signed URLs. Clients whose addresses are filtered out go on as without it: to the storage
 * itself when that has URLs, else they get the data from this registry.
 */
export const cloudfront: StorageMiddleware = async (next, context) => {
  const options = context.options as unknown as CloudfrontOptions;
  const privateKey = await readPrivateKey(options.privatekey, context);
  const ranges = rangesOf(options, context);
  const base = baseOf(options.baseurl);
  return {
    ...next,
    redirects: {
      async urlFor(request) {
        if (ranges?.includes(request.client)) return next.redirects.urlFor(request);
        return signedUrl({
          url: base + request.path,
          expires: Math.floor((Date.now() + options.duration) / 1000),
          keyPairId: options.keypairid,
          privateKey,
        });
      },
    },
  };
};

async function readPrivateKey(path: string, { setting }: MiddlewareContext): Promise<KeyObject> {
  let pem: string;
  try {
    pem = await readFile(path, 'utf8');
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new Error(`${setting}.privatekey: the file ${path} cannot be read (${code}); mount it there`, {
      cause: error,
    });
  }
  const wanted = `${setting}.privatekey: the file ${path} must hold an RSA private key in PEM`;
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw new Error(wanted, { cause: error });
  }
  if (key.asymmetricKeyType !== 'rsa') throw new Error(wanted);
  return key;
}

function rangesOf(options: CloudfrontOptions, { log }: MiddlewareContext): AddressRanges | undefined {
  if (options.ipfilteredby === 'none') return undefined;
  const named = (options.awsregion ?? '').split(',').map((region) => region.trim().toLowerCase());
  return createAddressRanges({
    url: options.iprangesurl,
    regions: options.ipfilteredby === 'awsregion' ? named : undefined,
    updateFrequency: options.updatefrequency,
    log,
  });
}
