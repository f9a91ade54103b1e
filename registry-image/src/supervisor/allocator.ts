/**
 * For glibc, of every process that a supervisor starts: few arenas, since each keeps what it once needed, and freed memory goes back to the
 * system at once (bytes). The image says the same to commands by hand.
 */
export const allocatorEnvironment = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '131072',
} as const;
