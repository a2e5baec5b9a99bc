/** Defines a cell of this machine's agent in its conductor. */
import type { DnaHash } from './events.ts'

/** A cell: the role of its DNA in the hApp, and the DNA's hash. */
export interface Cell {
  readonly role: string
  readonly dna: DnaHash
}
