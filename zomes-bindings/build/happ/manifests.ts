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

/** A DNA that the hApp holds. */
export interface DnaSource {
  readonly role: string
  /** Its folder from the project's, such as `dnas/resource_mesh`. */
  readonly folder: string
  /** The manifest, as it is to be packed: with each `.wasm` beside it. */
  readonly manifest: unknown
  /** Crates whose wasm it holds. A crate is called as its file is. */
  readonly crates: readonly string[]
}

/** Reads `happ.yaml` and the `dna.yaml` of each role. */
export async function readManifests(project: string): Promise<DnaSource[]> {
  const happ = happSchema.parse(parse(await readFile(join(project, 'happ.yaml'), 'utf8')))
  return Promise.all(happ.roles.map(({ name, dna }) => readDna(project, name, dirname(dna.path))))
}

async function readDna(project: string, role: string, folder: string): Promise<DnaSource> {
  const dna = dnaSchema.parse(parse(await readFile(join(project, folder, 'dna.yaml'), 'utf8')))
  const zomes = [...dna.integrity.zomes, ...dna.coordinator.zomes]
  const beside = <T extends { path: string }>(zome: T): T => ({ ...zome, path: basename(zome.path) })
  return {
    role,
    folder,
    manifest: {
      ...dna,
      integrity: { ...dna.integrity, zomes: dna.integrity.zomes.map(beside) },
      coordinator: { ...dna.coordinator, zomes: dna.coordinator.zomes.map(beside) },
    },
    crates: zomes.map(({ path }) => basename(path, '.wasm')),
  }
}
