export { formatDuration, parseDuration } from './duration.ts';
export { type EffectiveTree, effectiveTree, secretPlaces, treeAt } from './effective.ts';
export { defaultConfigPath, findConfigPath } from './location.ts';
export * from './maintenance.ts';
export { ConfigError, parseConfig, type ParsedConfig, readConfig } from './parse.ts';
export { Config, type ConfigInput } from './schema.ts';
export * from './state.ts';
