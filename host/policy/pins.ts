import { z } from 'zod'
import { decisionPoints } from '../types/decision.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** What `workdir/policies.json` says of one policy. */
const pin = z.strictObject({
  /** sha256 of the wasm. */
  wasm: sha256,
  /** sha256 of the Rego file that it was made of. */
  source: sha256,
})

/** `workdir/policies.json`: what the shipped policies are, and what they were made of. */
export const pinsSchema = z.strictObject({
  /** The version of OPA that compiled them. */
  opa: z.string(),
  /** sha256 of the list of functions that they may use. */
  builtins: sha256,
  policies: z.record(z.enum(decisionPoints), pin),
})

/** The pins of the shipped policies. */
export type Pins = z.infer<typeof pinsSchema>
