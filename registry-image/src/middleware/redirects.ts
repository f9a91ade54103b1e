/** A client that wants the data of a blob. */
export interface RedirectRequest {
  /** Where the data lies, as a path of the storage. */
  readonly path: string;
  /** The client's IP address. */
  readonly client: string;
}

/** Where clients may fetch blobs themselves, instead of through this registry. */
export interface Redirects {
  /** A URL, or undefined when this registry is to send the data. */
  urlFor(request: RedirectRequest): Promise<string | undefined>;
}

export const noRedirects: Redirects = { urlFor: async () => undefined };
