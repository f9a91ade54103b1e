/** By how many milliseconds the clocks of operators, servers and clients may differ. */
export const clockSkewMs = 5 * 60_000;
