/** Builds the page, and verifies the shipped one. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import { pageFolder, pageList, readPageFile } from '../api/page-files.ts'
import { sha256Hex } from '../codec/digest.ts'
import { RippleError } from '../errors/ripple-error.ts'

/** The oldest browsers with all features of the page; `light-dark()` is the newest feature. */
const BROWSERS = ['chrome123', 'firefox121', 'safari17.5']

/** The page, whose links lead to all other files. */
const pageName = 'index.html'

/** Builds the page in memory. Returns each file's bytes by name, with the list of the files. */
export async function buildPage(): Promise<ReadonlyMap<string, Uint8Array>> {
  const built = await build({
    configFile: false,
    envFile: false,
    root: import.meta.dirname,
    // A launcher serves the files beside the page, and the daemon under `/ui/`: only the page itself differs.
    base: './',
    publicDir: false,
    logLevel: 'silent',
    // The page does not depend on NODE_ENV.
    mode: 'production',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    build: {
      write: false,
      target: BROWSERS,
      assetsInlineLimit: 0,
      modulePreload: false,
      reportCompressedSize: false,
      rolldownOptions: {
        output: {
          entryFileNames: 'app.js',
          chunkFileNames: 'app-[name].js',
          assetFileNames: '[name][extname]',
        },
      },
    },
  })
  const files = new Map<string, Uint8Array>()
  for (const { output } of outputsOf(built))
    for (const file of output) files.set(file.fileName, Buffer.from('code' in file ? file.code : file.source))
  const page = Buffer.from(files.get(pageName) ?? []).toString('utf8')
  files.set(pageName, Buffer.from(page.replaceAll('"./', '"/ui/')))
  const pins = Object.fromEntries([...files].sort().map(([name, bytes]) => [name, sha256Hex(bytes)]))
  return files.set(pageList, Buffer.from(`${JSON.stringify(pins, null, 2)}\n`))
}

type Built = Awaited<ReturnType<typeof build>>

function outputsOf(built: Built): readonly { output: readonly BuiltFile[] }[] {
  return [built].flat().filter((one) => 'output' in one)
}

type BuiltFile = { fileName: string } & ({ code: string } | { source: string | Uint8Array })

/** Writes the page to the folder that is shipped. */
async function write(): Promise<void> {
  const files = await buildPage()
  await rm(pageFolder, { recursive: true, force: true })
  await mkdir(pageFolder, { recursive: true })
  for (const [name, bytes] of files) await writeFile(join(pageFolder, name), bytes)
}

/** Compares the shipped page with a new build. Rejects with `RIPPLE_PAGE_MISMATCH`. */
async function verify(): Promise<void> {
  for (const [name, bytes] of await buildPage()) {
    if (name === pageList) continue
    const shipped = await readPageFile(name)
    if (shipped === null || !Buffer.from(bytes).equals(shipped.bytes))
      throw new RippleError('RIPPLE_PAGE_MISMATCH', { file: name, detail: 'the sources give another one' })
  }
}

if (import.meta.main) await (process.argv[2] === 'verify' ? verify() : write())
