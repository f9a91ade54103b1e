/** The only storage error that means "absent"; anything else is unknown and never leads to a deletion. */
export class NotFoundError extends Error {
  readonly path: string;
  constructor(path: string) {
    super(`${path}: does not exist`);
    this.name = 'NotFoundError';
    this.path = path;
  }
}
