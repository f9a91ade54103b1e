/**
 * The chart's values for an image reference `REPOSITORY[:TAG][@DIGEST]`, as arguments of `helm --set-string`. `prefix` names
 * the image in the values. What the reference leaves out is set to nothing, so that no earlier value stays.
 */
export function imageValues(prefix: string, reference: string): string[] {
  const [name = '', digest = ''] = reference.split('@');
  // A colon before the last slash belongs to the port of the host.
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  const repository = colon < 0 ? name : name.slice(0, colon);
  const tag = colon < 0 ? '' : name.slice(colon + 1);
  return [`${prefix}.repository=${repository}`, `${prefix}.tag=${tag}`, `${prefix}.digest=${digest}`];
}
