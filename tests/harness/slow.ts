/**
 * Whether the tests run as well that take minutes by their nature (days, restores, floods of faults): `SLOW_TESTS=1`, as CI has it.
 * What they are about has a quicker test beside them, in simulated time or of one fault alone.
 */
export const slow = process.env.SLOW_TESTS === '1'
