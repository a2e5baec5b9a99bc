// Takes the conductor and the bootstrap server from another machine's archive, so that this machine need not build them.
import { chmodSync, createWriteStream, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { arch, platform } from 'node:os'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { cache, toolsBin } from '../paths.mjs'
import { runQuietly } from '../run-command.mjs'
import { SetupError } from '../say.mjs'
import { sha256Of } from '../sha256-of.mjs'
import { inTemporaryFolder } from '../temporary-folder.mjs'
import { versions } from '../versions.mjs'
import { isPinned } from './install-tools.mjs'
import { archiveName, MANIFEST, MANIFEST_FORMAT } from './tools-archive.mjs'

const MIB = 1024 * 1024
/** Bytes of the largest archive that is read. A server that nobody knows may send without end. */
const ARCHIVE_BYTES_MAX = 512 * MIB
/** Milliseconds that a server may be silent. */
const SILENCE_MS = 30_000
/** The beginning of the folder's name. */
const TAKEN = '.taken-'

const code = 'RIPPLE_SETUP_TOOLS'
const hint =
  "set RIPPLE_TOOLS_FROM as 'ripple tools serve' or 'ripple tools export' prints it, or build: unset it"
const refusal = (detail) => new SetupError(code, detail, hint, 1)

/**
 * Reads `RIPPLE_TOOLS_FROM`: a URL, a file or a folder, then `#` and the sha256 of the archive; null if it is not set. The sha256
 * comes from a person, because whoever sends the archive could send its sha256 as well.
 */
export function toolsSource(text = process.env.RIPPLE_TOOLS_FROM) {
  if (!text) return null
  const [, from, sha256] = /^(.+)#([0-9a-f]{64})$/i.exec(text) ?? []
  if (from === undefined)
    throw new SetupError(code, `RIPPLE_TOOLS_FROM='${text}' does not end with # and a sha256`, hint)
  if (/^[a-z]+:\/\//i.test(from) && !/^https?:/i.test(from))
    throw new SetupError(code, `RIPPLE_TOOLS_FROM='${text}' is not http or https`, hint)
  return { from, sha256: sha256.toLowerCase() }
}

/**
 * Installs programs from an archive into the user's cache. A program is complete, checked and has run once before it gets its
 * name. Throws a SetupError if anything is wrong, and then installs nothing. `tell` gets the progress.
 */
export async function takeTools({ from, sha256 }, programs, tell) {
  try {
    await inTemporaryFolder(join(cache, 'tools'), TAKEN, async (folder) => {
      const archive = join(folder, archiveName)
      await fetchArchive(from, archive, tell)
      const found = await sha256Of(archive)
      if (found !== sha256) throw refusal(`it has the sha256 ${found}, not ${sha256}`)
      tell('unpacking')
      for (const program of await unpack(archive, programs, folder)) {
        mkdirSync(toolsBin, { recursive: true, mode: 0o700 })
        renameSync(join(folder, program), join(toolsBin, program))
      }
    })
  } catch (error) {
    const { message } = error
    throw new SetupError(code, `the programs of ${from} are refused: ${message}`, hint, 1)
  }
  return `${programs.join(' and ')} from ${from}, not built`
}

async function fetchArchive(from, to, tell) {
  if (/^https?:/i.test(from)) return download(from, to, tell)
  // npm runs set-up in the clone, and the user may have typed the path elsewhere.
  const named = resolve(process.env.INIT_CWD ?? '.', from)
  const isFolder = statSync(named, { throwIfNoEntry: false })?.isDirectory() === true
  const file = isFolder ? join(named, archiveName) : named
  const found = statSync(file, { throwIfNoEntry: false })
  if (found?.isFile() !== true) throw refusal(`${file} is not a file`)
  if (found.size > ARCHIVE_BYTES_MAX) throw refusal(`${file} has ${found.size} bytes`)
  // A copy, because the file may change between its check and its use.
  await copyFile(file, to)
}

async function download(url, to, tell) {
  const silence = new AbortController()
  const stop = () => silence.abort(refusal(`no byte came for ${SILENCE_MS / 1000} s`))
  const timer = setTimeout(stop, SILENCE_MS)
  try {
    const answer = await fetch(url, { signal: silence.signal })
    if (!answer.ok || answer.body === null) throw refusal(`the server answers ${answer.status}`)
    let bytes = 0
    const counted = async function* (chunks) {
      for await (const chunk of chunks) {
        timer.refresh()
        bytes += chunk.length
        if (bytes > ARCHIVE_BYTES_MAX) throw refusal(`it sends more than ${ARCHIVE_BYTES_MAX / MIB} MiB`)
        tell(`${Math.floor(bytes / MIB)} MiB`)
        yield chunk
      }
    }
    await pipeline(answer.body, counted, createWriteStream(to, { mode: 0o600 }))
  } catch (error) {
    // `fetch` hides the reason in the cause.
    throw error.cause instanceof Error ? error.cause : error
  } finally {
    clearTimeout(timer)
  }
}

/** Unpacks the programs, checks each, and returns them. Only the named members leave the archive. */
async function unpack(archive, programs, folder) {
  const tar = (...members) => runQuietly('tar', ['-xzf', archive, '-C', folder, ...members], { code, hint })
  await tar(MANIFEST)
  const manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'))
  if (manifest.format !== MANIFEST_FORMAT) throw refusal('it was packed by another version of Ripple')
  const here = `${platform()} ${arch()}`
  const there = `${manifest.platform} ${manifest.arch}`
  if (there !== here) throw refusal(`they are for ${there}, and this machine is ${here}`)
  for (const program of programs) {
    const version = manifest.programs[program]?.version
    if (version !== versions[program])
      throw refusal(`it holds ${program} ${version ?? 'not at all'}, and ${versions[program]} is needed`)
  }
  await tar(...programs)
  for (const program of programs) {
    const file = join(folder, program)
    if ((await sha256Of(file)) !== manifest.programs[program].sha256)
      throw refusal(`${program} differs from its manifest`)
    chmodSync(file, 0o755)
    if (!isPinned(file, program)) throw refusal(`${program} does not run on this machine`)
  }
  return programs
}
