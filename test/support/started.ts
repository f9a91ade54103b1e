/** What `npm start -- --json` prints as its last line. */
export interface Started {
  readonly kubeconfig: string;
  readonly registry: {
    readonly namespace: string;
    readonly name: string;
    readonly url: string;
    readonly host: string;
    readonly caFile: string;
    readonly username: string;
    readonly passwordFile: string;
  };
}

/** The cluster that `npm test` (or a developer, by `npm start -- --json`) brought up. */
export function started(): Started {
  const line = process.env['WHARFINGER_START'];
  if (!line) {
    throw new Error(
      'WHARFINGER_START is not set: run `npm test`, or set it to the last line of `npm start -- --json`',
    );
  }
  return JSON.parse(line) as Started;
}
