/** Defines the file that pins the shipped policies. */
import { z } from 'zod'
import { decisionPoints } from '../types/decision.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** The entry of one policy in `workdir/policies.json`. */
const pin = z.strictObject({
  /** The sha256 of the wasm. */
  wasm: sha256,
  /** The sha256 of the Rego file that it was compiled from. */
  source: sha256,
})

/** The document `workdir/policies.json`: the shipped policies and their sources. */
export const pinsSchema = z.strictObject({
  /** The version of OPA that compiled them. */
  opa: z.string(),
  /** The sha256 of the list of functions that they may use. */
  builtins: sha256,
  policies: z.record(z.enum(decisionPoints), pin),
})

/** The pins of the shipped policies. */
export type Pins = z.infer<typeof pinsSchema>
