/** An option of a bench: a whole number, or one of a few words. */
export type Option =
  | { readonly about: string; readonly otherwise: number }
  | { readonly about: string; readonly otherwise: string; readonly among: readonly string[] }

/** The options of a bench, by name. */
export type Options = Readonly<Record<string, Option>>

/** The values of its options. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K]['otherwise'] extends number ? number : string
}

/** Something that can be measured. */
export interface Bench {
  readonly about: string
  readonly options: Options
  /** Measures, telling of its progress by `say`, and gives what was found as one document. */
  measure(values: Readonly<Record<string, number | string>>, say: Say): Promise<object>
}

/** Tells a person how far a bench is. */
export type Say = (line: string) => void

/** Describes a bench; its module is loaded only when it is run. */
export function bench<O extends Options>(
  about: string,
  options: O,
  load: () => Promise<{ measure(values: Values<O>, say: Say): Promise<object> }>,
): Bench {
  return {
    about,
    options,
    // `readArguments` has checked each value against its option.
    measure: async (values, say) => (await load()).measure(values as Values<O>, say),
  }
}
