/** Refuses what is not an absolute storage path, or leaves the root. */
export function checkStoragePath(path: string): void {
  if (
    !path.startsWith('/') ||
    (path.includes('..') && path.split('/').includes('..')) ||
    path.includes('\0')
  ) {
    throw new Error(`${JSON.stringify(path)} is not an absolute storage path`);
  }
}
