import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { stringify } from 'yaml'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { failed } from './compile.ts'
import type { DnaSource } from './manifests.ts'
import type { BundleTools } from './tools.ts'

/** A packed hApp. */
export interface Packed {
  readonly file: string
  /** sha256 of the file, lower-case hex. */
  readonly sha256: string
  /** Hash of each DNA without a network seed, by role. */
  readonly dnas: Readonly<Record<string, string>>
}

/** What to pack. */
export interface Pack {
  readonly project: string
  readonly dnas: readonly DnaSource[]
  /** Folder of the `.wasm` files. */
  readonly wasm: string
  /** An empty folder to work in. */
  readonly stage: string
  readonly tools: BundleTools
}

/** Packs each DNA and the hApp in the stage's folder. */
export async function packHapp(options: Pack, signal: AbortSignal): Promise<Packed> {
  const { project, dnas, stage, tools } = options
  const hashes: Record<string, string> = {}
  for (const dna of dnas) hashes[dna.role] = await packDna(options, dna, signal)
  await copyFile(join(project, 'happ.yaml'), join(stage, 'happ.yaml'))
  const file = join(stage, 'ripple.happ')
  await run(tools.app, ['pack', stage, '--output', file], signal)
  return { file, sha256: sha256(await readFile(file)), dnas: hashes }
}

async function packDna({ stage, wasm, tools }: Pack, dna: DnaSource, signal: AbortSignal): Promise<string> {
  const folder = join(stage, dna.folder)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'dna.yaml'), stringify(dna.manifest))
  for (const { name, crate } of dna.zomes) {
    await copyFile(join(wasm, `${crate}.wasm`), join(folder, `${name}.wasm`))
  }
  await run(tools.dna, ['pack', folder], signal)
  const hash = await run(tools.dna, ['hash', join(folder, `${basename(dna.folder)}.dna`)], signal)
  if (!/^uhC0k[0-9A-Za-z_-]{48}$/.test(hash)) {
    throw new RippleError('RIPPLE_BUILD_FAILED', {
      command: 'hc-dna hash',
      detail: `${hash} is not the hash of a DNA`,
    })
  }
  return hash
}

async function run(program: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const ran = await execa(program, [...args], { cancelSignal: signal, reject: false, all: true })
  if (ran.failed) throw failed(basename(program), ran.all.split('\n'))
  return ran.stdout.trim()
}

/** sha256 in lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
