/** Makes another release of the project, for machines that do not run the same one. */
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { decode, encode } from '@msgpack/msgpack'
import { sha256Hex } from '../../host/codec/digest.ts'

const project = resolve(import.meta.dirname, '../..')
/** The files of a release that a daemon reads. */
const parts = ['host', 'zomes-bindings', 'workdir', 'networks', 'manifests', 'package.json']
/** A custom section of wasm, named `other`: nothing reads it, and the DNA's hash is another one. */
const SECTION = Buffer.from([0, 6, 5, ...Buffer.from('other')])

/** A bundle of Holochain's tools (0.7.1): a manifest and files, as gzipped msgpack. */
interface Bundle {
  readonly resources: Record<string, Uint8Array>
}

/** Copies the project to a folder, and gives the copy a version, if one is named. */
export async function otherRelease(folder: string, version?: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  for (const part of parts) await cp(join(project, part), join(folder, part), { recursive: true })
  await symlink(join(project, 'node_modules'), join(folder, 'node_modules'))
  await edit(join(folder, 'package.json'), (manifest) => ({ ...manifest, ...(version && { version }) }))
  return folder
}

/** Gives a release another DNA of a role: one of its zomes has other bytes, and does the same. */
export async function withOtherDna(release: string, role: string): Promise<string> {
  const happ = join(release, 'workdir/ripple.happ')
  const packed = change(await readFile(happ), `${role}.dna`, (dna) =>
    change(dna, '_integrity.wasm', (wasm) => Buffer.concat([wasm, SECTION])),
  )
  await writeFile(happ, packed)
  const pins = join(release, 'workdir/dna-hashes.json')
  await edit(pins, (pinned) => {
    const dnas = pinned.dnas as Record<string, string>
    // Any other hash will do for a pin that is compared with others only.
    const other = dnas[role]?.replace(/.{4}$/, 'othr')
    return { ...pinned, happ_sha256: sha256Hex(packed), dnas: { ...dnas, [role]: other } }
  })
  return release
}

/** Changes the file of a bundle whose name ends so. */
function change(bundle: Uint8Array, name: string, how: (file: Uint8Array) => Uint8Array): Uint8Array {
  const content = decode(gunzipSync(bundle)) as Bundle
  const found = Object.keys(content.resources).find((one) => one.endsWith(name))
  const file = content.resources[found ?? '']
  if (found === undefined || file === undefined) throw new TypeError(`there is no ${name}`)
  const resources = { ...content.resources, [found]: how(file) }
  return gzipSync(encode({ ...content, resources }))
}

async function edit(file: string, how: (json: Record<string, unknown>) => unknown): Promise<void> {
  const json = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
  await writeFile(file, JSON.stringify(how(json)))
}
