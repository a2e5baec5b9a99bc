// Builds and installs the conductor and the bootstrap server.
import { existsSync } from 'node:fs'
import { rm, rmdir } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { buildFolder, cache, toolsBin } from '../paths.mjs'
import { outputOf, runQuietly } from '../run-command.mjs'
import { say } from '../say.mjs'
import { builds, versions } from '../versions.mjs'
import { minutesLeft } from './minutes-left.mjs'

/** Returns the folder of a program with the pinned version, on PATH or in the user's cache; null if it must be built. */
export function findTool(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), toolsBin]
  const fits = (folder) => isPinned(join(folder, program), program)
  return folders.find(fits) ?? null
}

/** Whether a file is a program of the pinned version that runs on this machine. */
export function isPinned(file, program) {
  return existsSync(file) && outputOf(file, ['--version'])?.split(/\s+/).at(-1) === versions[program]
}

/** Returns the pinned programs that have to be built. */
export function missingTools() {
  return Object.keys(versions).filter((program) => findTool(program) === null)
}

/**
 * Builds one program into the user's cache. An interrupted build continues with the compiled crates, and a finished one is
 * removed. `tell` gets the progress.
 */
export async function buildTool(program, tell) {
  const { crate, crates, minutes } = builds[program]
  say(`building ${program} ${versions[program]}: about ${minutes} minutes on two cores, once`)
  // cargo replaces a program that it has not built itself only by force: an older one of another machine.
  const from = ['--locked', '--force', crate, '--version', versions[program], '--root', join(cache, 'tools')]
  // As JSON, cargo also reports the crates of an interrupted build.
  const args = ['install', ...from, '--message-format', 'json-render-diagnostics']
  await runQuietly('cargo', args, {
    code: 'RIPPLE_SETUP_BUILD',
    hint: 'start again: finished parts are kept',
    env: { ...withoutRustFlags(process.env), CARGO_TARGET_DIR: buildFolder(program) },
    onLine: buildProgress(crates, minutes, tell),
  })
  tell('removing what was only for the build')
  await removeBuild(program)
  return 'built'
}

/**
 * Removes the build files of a program that is in the user's cache; an older set-up did not remove them. Returns the
 * program's folder.
 */
export async function removeBuild(program) {
  const folder = findTool(program)
  if (folder !== toolsBin) return folder
  await rm(buildFolder(program), { recursive: true, force: true })
  // The folder of all builds is empty only after the last one.
  await rmdir(dirname(buildFolder(program))).catch(() => {})
  return folder
}

/** Removes the user's RUSTFLAGS, which would restart every build and may not suit these crates. */
function withoutRustFlags({ RUSTFLAGS: _flags, CARGO_ENCODED_RUSTFLAGS: _encoded, ...env }) {
  return env
}

/** Returns a reader of cargo's output that reports the progress of the build. */
function buildProgress(crates, minutes, tell) {
  const started = Date.now()
  const done = new Set()
  let kept = 0
  return (line) => {
    if (done.size === 0 && /^\s*(Updating|Download)/.test(line)) tell('fetching the sources')
    const artifact = readArtifact(line)
    if (artifact === null || done.has(artifact.package_id)) return
    done.add(artifact.package_id)
    if (artifact.fresh) kept += 1
    const spent = (Date.now() - started) / 60_000
    const left = minutesLeft({ crates, minutes, kept, done: done.size, spent })
    tell(`${done.size} of about ${crates} crates, about ${left} min left`)
  }
}

/** Reads cargo's message about a compiled crate; null for a build script or any other line. */
function readArtifact(line) {
  if (!line.startsWith('{"reason":"compiler-artifact"')) return null
  const artifact = JSON.parse(line)
  return artifact.target.kind.includes('custom-build') ? null : artifact
}
