/** The only storage error that means "absent"; anything else is unknown and never leads to a deletion. */
export class NotFoundError extends Error {
  readonly path: string;
  constructor(path: string) {
    super(`${path}: does not exist`);
    this.name = 'NotFoundError';
    this.path = path;
  }
}

/** Something lies where a file should, and is none that can be read (a directory, a symbolic link to itself, a socket). */
export class NotAFileError extends Error {
  readonly path: string;
  /** As the system calls it. */
  readonly code: string;
  constructor(path: string, code = 'EISDIR') {
    super(`${path}: is not a file (${code})`);
    this.name = 'NotAFileError';
    this.path = path;
    this.code = code;
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
