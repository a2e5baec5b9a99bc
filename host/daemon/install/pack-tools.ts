/** Packs the conductor and the bootstrap server of this machine for another one. */
import { execFile } from 'node:child_process'
import { stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Env } from '../../config/env.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { sha256Of } from '../../setup/sha256-of.mjs'
import { archiveName, MANIFEST, MANIFEST_FORMAT } from '../../setup/tools/tools-archive.mjs'
import { versions } from '../../setup/versions.mjs'
import { locateProgram, type Program, pinnedVersion } from '../machine/programs.ts'

/** A packed archive. */
export interface PackedTools {
  readonly file: string
  readonly sha256: string
  readonly bytes: number
}

const run = promisify(execFile)

/**
 * Packs the pinned programs, as they are found on this machine, into an archive in `folder`. Rejects with
 * `RIPPLE_CONDUCTOR_MISSING`, `RIPPLE_CONDUCTOR_VERSION`, `RIPPLE_FILE_UNWRITABLE`.
 */
export async function packTools(
  folder: string,
  { env, cache }: { readonly env: Pick<Env, 'path'>; readonly cache: string },
  signal: AbortSignal,
): Promise<PackedTools> {
  const names = Object.keys(versions) as Program[]
  const found = await Promise.all(
    names.map(async (name) => {
      const file = await locateProgram(name, env, cache, signal)
      return { name, file, version: pinnedVersion(name), sha256: await sha256Of(file) }
    }),
  )
  const { platform, arch } = process
  const programs = Object.fromEntries(found.map(({ name, version, sha256 }) => [name, { version, sha256 }]))
  const manifest = join(folder, MANIFEST)
  await writeFile(
    manifest,
    `${JSON.stringify({ format: MANIFEST_FORMAT, platform, arch, programs }, null, 2)}\n`,
  )
  // The same programs then make the same archive.
  await utimes(manifest, 0, 0)
  const file = join(folder, archiveName)
  const members = found.flatMap((one) => ['-C', dirname(one.file), one.name])
  await run('tar', ['-chzf', file, '-C', folder, MANIFEST, ...members], { signal }).catch(
    (cause: unknown) => {
      if (signal.aborted) throw signal.reason
      const detail = cause instanceof Error ? cause.message : String(cause)
      throw new RippleError('RIPPLE_FILE_UNWRITABLE', { file, detail }, { cause })
    },
  )
  return { file, sha256: await sha256Of(file), bytes: (await stat(file)).size }
}
