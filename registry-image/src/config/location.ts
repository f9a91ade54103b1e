/** Where config.yml lies when nothing else is said, as in distribution's image. */
export const defaultConfigPath = '/etc/docker/registry/config.yml';

/**
 * The path of config.yml: the first argument that is no flag, else REGISTRY_CONFIGURATION_PATH, else the default.
 * @param argv arguments after the subcommand
 */
export function findConfigPath(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const argument = argv.find((word) => !word.startsWith('-'));
  return argument ?? (environment['REGISTRY_CONFIGURATION_PATH'] || defaultConfigPath);
}
