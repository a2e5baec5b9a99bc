/** Defines the type of values that are never changed. */

/** The same type with read-only fields and lists on all levels. */
export type DeepReadonly<T> = { readonly [K in keyof T]: DeepReadonly<T[K]> }
