/** Makes a type readonly in all its depth. */

/** The same value, for readers only: an operation returns what it was given, and copies nothing. */
export type DeepReadonly<T> = T extends readonly (infer U)[]
  ? readonly DeepReadonly<U>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T
