import { gunzipSync } from 'node:zlib'
import { decode } from '@msgpack/msgpack'
import { z } from 'zod'
import { exportsOf } from './wasm-exports.ts'

const bundleSchema = z.object({
  manifest: z.unknown(),
  resources: z.record(z.string(), z.instanceof(Uint8Array)),
})

/** What a `.happ` or `.dna` holds. */
export type Bundle = z.infer<typeof bundleSchema>

/** Opens a bundle: a manifest and named resources, as gzipped msgpack. */
export function readBundle(bytes: Uint8Array): Bundle {
  return bundleSchema.parse(decode(gunzipSync(bytes)))
}

/** What of a hApp does not depend on the compiler: every manifest, and what each wasm exports. */
export interface Outline {
  readonly manifest: unknown
  readonly dnas: Readonly<Record<string, { manifest: unknown; exports: Record<string, string[]> }>>
}

/** Reads the outline of a hApp. */
export function outline(happ: Uint8Array): Outline {
  const { manifest, resources } = readBundle(happ)
  const dnas = Object.entries(resources).map(([name, bytes]) => {
    const dna = readBundle(bytes)
    const exports = Object.entries(dna.resources).map(([wasm, code]) => [wasm, exportsOf(code)] as const)
    return [name, { manifest: dna.manifest, exports: Object.fromEntries(exports) }] as const
  })
  return { manifest, dnas: Object.fromEntries(dnas) }
}

/** The resources of all DNAs of a hApp, by `<dna>/<file>`. */
export function parts(happ: Uint8Array): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  for (const [name, bytes] of Object.entries(readBundle(happ).resources)) {
    for (const [wasm, code] of Object.entries(readBundle(bytes).resources)) found.set(`${name}/${wasm}`, code)
  }
  return found
}
