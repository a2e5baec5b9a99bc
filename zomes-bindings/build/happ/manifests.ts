import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

const zomeSchema = z.looseObject({ name: z.string(), path: z.string() })
const zomesSchema = z.looseObject({ zomes: z.array(zomeSchema) })
const dnaSchema = z.looseObject({ name: z.string(), integrity: zomesSchema, coordinator: zomesSchema })
const happSchema = z.looseObject({
  roles: z.array(z.looseObject({ name: z.string(), dna: z.looseObject({ path: z.string() }) })),
})

/** A zome and where its wasm comes from. */
export interface ZomeSource {
  readonly name: string
  /** The crate, called as the file that cargo makes of it. Several zomes of a DNA may have the same. */
  readonly crate: string
}

/** A DNA that the hApp holds. */
export interface DnaSource {
  readonly role: string
  /** Its folder from the project's, such as `dnas/resource_mesh`. */
  readonly folder: string
  /** The manifest, as it is to be packed: with a `.wasm` for each zome beside it, called as the zome is. */
  readonly manifest: unknown
  readonly zomes: readonly ZomeSource[]
}

/** Reads `happ.yaml` and the `dna.yaml` of each role. */
export async function readManifests(project: string): Promise<DnaSource[]> {
  const happ = happSchema.parse(parse(await readFile(join(project, 'happ.yaml'), 'utf8')))
  return Promise.all(happ.roles.map(({ name, dna }) => readDna(project, name, dirname(dna.path))))
}

async function readDna(project: string, role: string, folder: string): Promise<DnaSource> {
  const dna = dnaSchema.parse(parse(await readFile(join(project, folder, 'dna.yaml'), 'utf8')))
  const zomes = [...dna.integrity.zomes, ...dna.coordinator.zomes]
  const beside = <T extends { name: string }>(zome: T): T => ({ ...zome, path: `${zome.name}.wasm` })
  return {
    role,
    folder,
    manifest: {
      ...dna,
      integrity: { ...dna.integrity, zomes: dna.integrity.zomes.map(beside) },
      coordinator: { ...dna.coordinator, zomes: dna.coordinator.zomes.map(beside) },
    },
    zomes: zomes.map(({ name, path }) => ({ name, crate: basename(path, '.wasm') })),
  }
}
