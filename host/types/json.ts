import { z } from 'zod'

/** A plain JSON document. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** A plain JSON document, checked. */
export const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(json), z.record(z.string(), json)]),
)
