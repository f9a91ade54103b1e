/** The only storage error that means "absent"; anything else is unknown and never leads to a deletion. */
export class NotFoundError extends Error {
  readonly path: string;
  constructor(path: string) {
    super(`${path}: does not exist`);
    this.name = 'NotFoundError';
    this.path = path;
  }
}

/** Another appender has taken over the file; what was written to it since is not part of it. */
export class OvertakenError extends Error {
  readonly path: string;
  constructor(path: string) {
    super(`${path}: another appender has taken over`);
    this.name = 'OvertakenError';
    this.path = path;
  }
}
