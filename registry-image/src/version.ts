import manifest from '../package.json' with { type: 'json' };

/** Version of this registry. */
export const { version } = manifest;
