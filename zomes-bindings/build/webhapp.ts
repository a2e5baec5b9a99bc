/** Packs the page and the hApp as `workdir/ripple.webhapp`, which Holochain launchers open. */
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { encode } from '@msgpack/msgpack'
import { zipSync } from 'fflate'
import { parse } from 'yaml'
import { pageFolder, pageList } from '../../host/api/page-files.ts'

const project = resolve(import.meta.dirname, '../..')
const bundleFile = join(project, 'workdir/ripple.webhapp')

/** The time of each file in the archive: the earliest that the format has, so that the same files give the same bytes. */
const TIME = new Date(1980, 0, 1)
/** The place of gzip's byte for the operating system, and its value for none (RFC 1952). */
const [OS_AT, OS_UNKNOWN] = [9, 255]

/**
 * Packs the shipped page and the shipped hApp. As in `hc web-app pack` (Holochain 0.7.1), the bundle is gzipped msgpack with
 * the manifest and its resources. Both parts are compressed already, so gzip only wraps them.
 */
export async function packWebHapp(): Promise<Uint8Array> {
  const manifest = parse(await readFile(join(project, 'manifests/holochain/web-happ.yaml'), 'utf8'))
  const resources = {
    [manifest.happ.path]: new Uint8Array(await readFile(join(project, 'workdir/ripple.happ'))),
    [manifest.ui.path]: await zipPage(),
  }
  const bundle = gzipSync(encode({ manifest, resources }), { level: 0 })
  bundle[OS_AT] = OS_UNKNOWN
  return bundle
}

/** Returns the archive of the page: a launcher serves its files beside `index.html`, not under `/ui/`. */
async function zipPage(): Promise<Uint8Array> {
  const names = Object.keys(JSON.parse(await readFile(join(pageFolder, pageList), 'utf8'))).sort()
  const files: Record<string, Uint8Array> = {}
  for (const name of names) files[name] = new Uint8Array(await readFile(join(pageFolder, name)))
  const index = Buffer.from(files['index.html'] ?? []).toString('utf8')
  files['index.html'] = new TextEncoder().encode(index.replaceAll('"/ui/', '"./'))
  return zipSync(files, { level: 9, mtime: TIME })
}

/** Writes the bundle. */
export async function writeWebHapp(): Promise<void> {
  await writeFile(bundleFile, await packWebHapp())
}

if (import.meta.main) await writeWebHapp()
