/** Names the type of a value that nobody changes. */

/** The same type with every field and list in it read-only. */
export type DeepReadonly<T> = { readonly [K in keyof T]: DeepReadonly<T[K]> }
