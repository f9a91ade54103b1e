/** A shared library as the dynamic linker finds it. */
export interface SharedLibrary {
  /** Where the linker looks for it in the image, without the leading slash; always below `usr`. */
  readonly target: string;
  /** The file on this machine. */
  readonly source: string;
}

/**
 * Reads what `ldd` prints: `NAME => PATH (ADDRESS)` for a library and `PATH (ADDRESS)` for the linker itself.
 * The kernel's `linux-vdso` has no file and is left out.
 * @throws when a library is not found on this machine, naming it
 */
export function parseLdd(output: string): SharedLibrary[] {
  const libraries: SharedLibrary[] = [];
  for (const line of output.split('\n')) {
    const missing = /^\s*(\S+) => not found/.exec(line);
    if (missing)
      throw new Error(`The library ${missing[1]} is missing on this machine: install its package.`);
    const path = /(?:=>\s+)?(\/\S+)\s+\(0x[0-9a-f]+\)/.exec(line)?.[1];
    if (path) libraries.push({ source: path, target: mergedTarget(path) });
  }
  return libraries;
}

/** Debian's `/lib` and `/lib64` are links into `/usr`; the image has the same links. */
function mergedTarget(path: string): string {
  return path.startsWith('/usr/') ? path.slice(1) : `usr${path}`;
}
