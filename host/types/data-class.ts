/** Names the classes of data, by which a request may leave this machine or not. */

/**
 * The classes of requests, from the least to the most protected. `public` is for anyone. `internal` is the owner's work without
 * personal data. `private` is about persons, and the default. `secret` never leaves this machine, so no allow can name it.
 */
export const dataClasses = ['public', 'internal', 'private', 'secret'] as const

/** The class of a request. */
export type DataClass = (typeof dataClasses)[number]

/** The class of a request that names none. */
export const defaultDataClass = 'private' satisfies DataClass
