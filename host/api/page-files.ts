/** Reads the files of the page, and checks them against their digests. */
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { z } from 'zod'
import { sha256Hex } from '../codec/digest.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { readRules } from '../rules/rules.ts'

/** A file of the page, ready to be sent. */
export interface PageFile {
  readonly type: string
  readonly bytes: Uint8Array
}

/** The folder of the page's files, as shipped. */
export const pageFolder = join(import.meta.dirname, '../../workdir/ui')
/** The file that lists each of them with its sha256. Nothing else is served. */
export const pageList = 'files.json'
/** The rules by which the page verifies receipts. */
const rulesName = 'rules.wasm'

const list = z.record(z.string(), z.string())

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

/**
 * Reads a file of the page; null if it has none of that name. Rejects with `RIPPLE_PAGE_MISMATCH`, or `RIPPLE_RULES_MISMATCH` for
 * the rules, if the file on the disk differs from the shipped one.
 */
export async function readPageFile(name: string): Promise<PageFile | null> {
  const type = types[extname(name)] ?? 'application/octet-stream'
  if (name === rulesName) return { type, bytes: await readRules() }
  const pin = (await readPins()).get(name)
  if (pin === undefined) return null
  const file = join(pageFolder, name)
  const bytes = await readFile(file).catch((cause: unknown) => mismatch(file, 'it cannot be read', cause))
  const found = sha256Hex(bytes)
  return found === pin ? { type, bytes } : mismatch(file, `sha256 ${found}, pinned ${pin}`)
}

async function readPins(): Promise<Map<string, string>> {
  const file = join(pageFolder, pageList)
  try {
    return new Map(Object.entries(list.parse(JSON.parse(await readFile(file, 'utf8')))))
  } catch (cause) {
    return mismatch(file, 'it cannot be read', cause)
  }
}

function mismatch(file: string, detail: string, cause?: unknown): never {
  throw new RippleError('RIPPLE_PAGE_MISMATCH', { file, detail }, { cause })
}
