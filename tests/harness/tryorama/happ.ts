import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { encode } from '@msgpack/msgpack'
import { z } from 'zod'
import { readBundle } from '../../../zomes-bindings/build/happ/bundle.ts'

const project = resolve(import.meta.dirname, '../../..')

const happSchema = z.looseObject({
  roles: z.array(z.looseObject({ name: z.string(), dna: z.looseObject({ path: z.string() }) })),
})
const dnaSchema = z.looseObject({
  coordinator: z.looseObject({ zomes: z.array(z.looseObject({ name: z.string() })) }),
})

/**
 * The shipped hApp with some of its roles only, so that a scenario starts quickly. Their integrity zomes, and with them
 * the DNAs' hashes, stay as they are. With `raw`, `resource_mesh` also has a coordinator that writes whatever it is told.
 */
export function scenarioHapp(roles: readonly string[], options: { raw: boolean }): Uint8Array {
  const { manifest, resources } = readBundle(readFileSync(resolve(project, 'workdir/ripple.happ')))
  const happ = happSchema.parse(manifest)
  const kept = happ.roles.filter(({ name }) => roles.includes(name))
  const dnas = kept.map(({ name, dna }) => {
    const bytes = resources[dna.path] ?? new Uint8Array()
    return [dna.path, options.raw && name === 'resource_mesh' ? withRaw(bytes) : bytes] as const
  })
  return write({ ...happ, roles: kept }, Object.fromEntries(dnas))
}

function withRaw(dna: Uint8Array): Uint8Array {
  const { manifest, resources } = readBundle(dna)
  const before = dnaSchema.parse(manifest)
  const raw = {
    name: 'raw',
    hash: null,
    path: 'raw.wasm',
    dependencies: [{ name: 'resource_mesh_integrity' }],
  }
  const coordinator = { ...before.coordinator, zomes: [...before.coordinator.zomes, raw] }
  const wasm = gunzipSync(readFileSync(resolve(project, 'tests/tryorama/fixtures/raw.wasm.gz')))
  return write({ ...before, coordinator }, { ...resources, 'raw.wasm': wasm })
}

function write(manifest: unknown, resources: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return gzipSync(encode({ manifest, resources }))
}
