/** Writes the archive that `doctor bundle` makes for a bug report: facts, checks, settings and the ends of the logs. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Config } from '../../config/config.ts'
import { dataPaths } from '../../config/paths.ts'
import { fileReason } from '../../errors/file-reason.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { redactor } from './redactor.ts'

const run = promisify(execFile)

/** The content of an archive. */
export interface BundleParts {
  readonly config: Config
  readonly home: string
  /** Documents by the names of their files. */
  readonly documents: Readonly<Record<string, unknown>>
}

/** A written archive. */
export interface Bundle {
  readonly file: string
  readonly bytes: number
  readonly entries: string[]
}

/** The logs of a data folder that go into an archive. */
const LOGS = ['ripple.log', 'conductor.log', 'bootstrap.log', 'start.log']

/**
 * Writes an archive (tar.gz) that only its owner can read, without secrets. Rejects with `RIPPLE_FILE_UNWRITABLE`, also
 * where the file exists already.
 */
export async function writeBundle(file: string, parts: BundleParts, signal: AbortSignal): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-bundle-'))
  try {
    const entries = await fill(folder, parts)
    const packed = await run('tar', ['-czf', '-', '-C', folder, ...entries], {
      encoding: 'buffer',
      maxBuffer: limits.doctor_bundle_bytes_max,
      signal,
    })
    // Only a new file is sure to be readable by its owner alone.
    const handle = await open(file, 'wx', 0o600)
    try {
      await handle.writeFile(packed.stdout)
    } finally {
      await handle.close()
    }
    return { file, bytes: packed.stdout.length, entries }
  } catch (thrown) {
    signal.throwIfAborted()
    throw new RippleError('RIPPLE_FILE_UNWRITABLE', { file, detail: fileReason(thrown) }, { cause: thrown })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Writes the archive's files into a folder, and returns their names. */
async function fill(folder: string, { config, home, documents }: BundleParts): Promise<string[]> {
  const { logs } = dataPaths(config.data)
  const clean = await redactor(config, home)
  const texts: Array<readonly [string, string]> = [
    ...Object.entries({ ...documents, 'config.json': settingsOf(config) }).map(
      ([name, value]) => [name, `${JSON.stringify(value, null, 2)}\n`] as const,
    ),
  ]
  for (const name of LOGS) {
    const text = await tail(join(logs, name))
    if (text !== null) texts.push([`logs/${name}`, text])
  }
  await mkdir(join(folder, 'logs'), { mode: 0o700 })
  for (const [name, text] of texts) await writeFile(join(folder, name), clean(text), { mode: 0o600 })
  return texts.map(([name]) => name)
}

/** Returns the settings without the arguments of programs, which may hold a secret of any form. */
function settingsOf(config: Config): unknown {
  const { upstream, ...rest } = config
  const providers = upstream.providers.map((one) =>
    one.kind === 'command' ? { ...one, command: one.command.slice(0, 1) } : one,
  )
  return { ...rest, upstream: { ...upstream, providers } }
}

/** Returns the last whole lines of a log; null without one. */
async function tail(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null || text.length <= limits.doctor_log_chars_max) return text
  const end = text.slice(-limits.doctor_log_chars_max)
  return end.slice(end.indexOf('\n') + 1)
}
