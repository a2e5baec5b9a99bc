/** Finds a program of the required version. */
import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { RippleError } from '../errors/ripple-error.ts'

const run = promisify(execFile)

/** Milliseconds that a program may take to print its version. */
const VERSION_MS = 10_000

/** The program to find, and the places to search, in this order. */
export interface Search {
  /** The file's name, such as `holochain`. */
  readonly name: string
  /** The required version, such as `0.7.1`. */
  readonly version: string
  /** A path named by the owner, which excludes all others; null to search. */
  readonly explicit: string | null
  /** The value of `PATH`. */
  readonly path: string
  /** The folder of the programs that set-up builds. */
  readonly toolsFolder: string
}

/**
 * Finds a program of exactly the required version: at the named path, else in `PATH`, else in the tools folder. Rejects
 * with `RIPPLE_CONDUCTOR_VERSION` when only other versions are found, with `RIPPLE_CONDUCTOR_MISSING` when none is.
 */
export async function findProgram(search: Search, signal: AbortSignal): Promise<string> {
  const { name, version: wanted, explicit } = search
  let found: string | null = null
  for (const file of explicit === null ? candidates(search) : [explicit]) {
    const version = await versionOf(file, signal)
    if (version === wanted) return file
    found ??= version
  }
  if (found !== null) throw new RippleError('RIPPLE_CONDUCTOR_VERSION', { program: name, found, wanted })
  throw new RippleError('RIPPLE_CONDUCTOR_MISSING', { program: explicit ?? name, version: wanted })
}

function candidates(search: Search): string[] {
  const folders = search.path.split(delimiter).filter((folder) => folder !== '')
  return [...folders, search.toolsFolder].map((folder) => join(folder, search.name))
}

async function versionOf(file: string, signal: AbortSignal): Promise<string | null> {
  const runnable = await access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
  if (!runnable) return null
  try {
    const { stdout } = await run(file, ['--version'], { timeout: VERSION_MS, signal })
    return /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] ?? 'of no known version'
  } catch (error) {
    if (signal.aborted) throw new RippleError('RIPPLE_INTERRUPTED')
    return `not runnable (${(error as Error).message.split('\n')[0]})`
  }
}
