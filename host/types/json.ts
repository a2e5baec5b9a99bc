/** Defines JSON documents and tests their kinds. */
import { z } from 'zod'

/** A plain JSON document. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** The schema of a plain JSON document. */
export const json: z.ZodType<Json> = z
  .lazy(() =>
    z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(json), z.record(z.string(), json)]),
  )
  .meta({ id: 'Json' })

/** Whether a JSON value is a list. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/** Whether a JSON value is an object. */
export function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Parses a JSON text. Returns undefined for any other text. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Parses a JSON text; returns any other text unchanged. */
export function jsonOrText(text: string): Json {
  const value = parseJson(text)
  return value === undefined ? text : value
}
