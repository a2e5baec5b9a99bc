/** Names the request header for an early response head. */

/** The header and value by which a client of a stream asks for the response head before the first piece. */
export const earlyHead = { name: 'x-ripple-head', value: 'early' } as const
