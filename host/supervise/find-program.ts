import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { RippleError } from '../errors/ripple-error.ts'

const run = promisify(execFile)

/** How long a program may take to say its version, in milliseconds. */
const VERSION_MS = 10_000

/** Where to look for a program, in this order. */
export interface Search {
  /** The file's name, such as `holochain`. */
  readonly name: string
  /** The version that it must have, such as `0.7.1`. */
  readonly version: string
  /** A path named by the owner: then nothing else is tried. Null to search. */
  readonly explicit: string | null
  /** The value of `PATH`. */
  readonly path: string
  /** The folder where set-up puts the programs that it builds. */
  readonly toolsFolder: string
}

/**
 * Finds a program of exactly the version that is wanted: the named path, else `PATH`, else the tools folder.
 * Rejects with `RIPPLE_CONDUCTOR_VERSION` when only other versions are found, `RIPPLE_CONDUCTOR_MISSING` when none is.
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
