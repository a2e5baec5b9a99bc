/** Updates the coordinator zomes of an installed app. */
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { AdminWebsocket, CoordinatorBundle } from '@holochain/client'
import { decode } from '@msgpack/msgpack'
import { z } from 'zod'
import type { RoleCell } from './install-app.ts'

const bytes = z.instanceof(Uint8Array)
const zome = z.object({
  name: z.string(),
  path: z.string(),
  dependencies: z.array(z.object({ name: z.string() })),
})
const dnaBundle = z.object({
  manifest: z.object({ coordinator: z.object({ zomes: z.array(zome).min(1) }) }),
  resources: z.record(z.string(), bytes),
})
const happBundle = z.object({
  manifest: z.object({ roles: z.array(z.object({ name: z.string(), dna: z.object({ path: z.string() }) })) }),
  resources: z.record(z.string(), bytes),
})

/**
 * Gives an installed app the coordinator zomes of a hApp with the same DNAs. The conductor keeps the zomes that the app was
 * installed with, and a DNA's hash does not cover them. Zomes that the hApp no longer has stay; nothing calls them. Rejects
 * when the file is not a hApp, or with the conductor's error.
 */
export async function updateCoordinators(
  admin: Pick<AdminWebsocket, 'updateCoordinators'>,
  cells: readonly RoleCell[],
  happFile: string,
): Promise<void> {
  const bundles = await coordinatorsOf(happFile)
  for (const { role, cell } of cells) {
    const value = bundles.get(role)
    if (value === undefined) continue
    await admin.updateCoordinators({ cell_id: cell, source: { type: 'bundle', value } })
  }
}

/** Returns the coordinator zomes of each role of a packed hApp. */
async function coordinatorsOf(happFile: string): Promise<Map<string, CoordinatorBundle>> {
  const happ = happBundle.parse(await unpack(await readFile(happFile)))
  const bundles = new Map<string, CoordinatorBundle>()
  for (const { name, dna } of happ.manifest.roles) {
    bundles.set(name, await coordinatorsOfDna(resource(happ.resources, dna.path)))
  }
  return bundles
}

async function coordinatorsOfDna(packed: Uint8Array): Promise<CoordinatorBundle> {
  const { manifest, resources } = dnaBundle.parse(await unpack(packed))
  const { zomes } = manifest.coordinator
  const wasms = zomes.map(({ path }) => [path, resource(resources, path)] as const)
  return { manifest: { zomes }, resources: Object.fromEntries(wasms) }
}

function resource(resources: Readonly<Record<string, Uint8Array>>, path: string): Uint8Array {
  return bytes.parse(resources[path], { error: () => `'${path}' is not in the bundle` })
}

/** Unpacks a bundle, which is gzipped msgpack. */
async function unpack(packed: Uint8Array): Promise<unknown> {
  return decode(await promisify(gunzip)(packed))
}
