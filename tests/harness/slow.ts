/**
 * Whether the tests run that take minutes by their nature (days, restores, floods of faults): `SLOW_TESTS=1`, as in
 * CI. Each has a quicker counterpart, in simulated time or with one fault alone.
 */
export const slow = process.env.SLOW_TESTS === '1'
