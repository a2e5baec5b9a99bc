/**
 * Who may see what is asked of a model, from everybody to nobody. `public` is for anyone; `internal` is the owner's work and
 * about no person; `private` is about persons, or nobody has said otherwise; `secret` leaves this machine in no case, so no
 * allow can name it.
 */
export const dataClasses = ['public', 'internal', 'private', 'secret'] as const

/** Who may see what is asked of a model. */
export type DataClass = (typeof dataClasses)[number]

/** The class of a request that names none. */
export const defaultDataClass = 'private' satisfies DataClass
