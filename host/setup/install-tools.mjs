import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { minutesLeft } from './minutes-left.mjs'
import { cache, toolsBin } from './paths.mjs'
import { outputOf, runQuietly } from './run-command.mjs'
import { say, showLive } from './say.mjs'
import { builds, versions } from './versions.mjs'

/** How often a build without a terminal says how far it is, in milliseconds. */
const SAY_EVERY_MS = 60_000

/** Where a program of the pinned version is: its folder on PATH, or the user's cache; null when it must be built. */
export function findTool(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), toolsBin]
  const fits = (folder) => {
    const file = join(folder, program)
    return existsSync(file) && outputOf(file, ['--version'])?.split(/\s+/).at(-1) === versions[program]
  }
  return folders.find(fits) ?? null
}

/** The pinned programs that have to be built here. */
export function missingTools() {
  return Object.keys(versions).filter((program) => findTool(program) === null)
}

/** Builds one program into the user's cache; what was compiled before an interruption is used again. */
export async function buildTool(program) {
  const { crate, crates, minutes } = builds[program]
  say(`building ${program} ${versions[program]}: about ${minutes} minutes on two cores, once`)
  const progress = buildProgress(program, crates, minutes)
  const from = ['--locked', crate, '--version', versions[program], '--root', join(cache, 'tools')]
  // As JSON, cargo also tells of the crates that an interrupted build has left.
  const args = ['install', ...from, '--message-format', 'json-render-diagnostics']
  await runQuietly('cargo', args, {
    code: 'RIPPLE_SETUP_BUILD',
    hint: 'start again: what is compiled already is kept',
    env: { ...withoutRustFlags(process.env), CARGO_TARGET_DIR: join(cache, 'build', program) },
    onLine: progress,
  })
  return 'built'
}

/** A RUSTFLAGS of the user's would make every build start over and may not suit these crates. */
function withoutRustFlags({ RUSTFLAGS: _flags, CARGO_ENCODED_RUSTFLAGS: _encoded, ...env }) {
  return env
}

function buildProgress(program, crates, minutes) {
  const started = Date.now()
  const done = new Set()
  let kept = 0
  let said = started
  return (line) => {
    const artifact = readArtifact(line)
    if (artifact === null || done.has(artifact.package_id)) return
    done.add(artifact.package_id)
    if (artifact.fresh) kept += 1
    const spent = (Date.now() - started) / 60_000
    const left = minutesLeft({ crates, minutes, kept, done: done.size, spent })
    const times = `${Math.round(spent)} min so far, about ${left} min left`
    const text = `  ${program}: ${done.size} of about ${crates} crates, ${times}`
    showLive(text)
    if (!process.stderr.isTTY && Date.now() - said >= SAY_EVERY_MS) {
      said = Date.now()
      say(text)
    }
  }
}

/** What cargo says of a compiled crate, its build script left out; null for any other line. */
function readArtifact(line) {
  if (!line.startsWith('{"reason":"compiler-artifact"')) return null
  const artifact = JSON.parse(line)
  return artifact.target.kind.includes('custom-build') ? null : artifact
}
