/** Fetches model files from peers and from Hugging Face, and checks them. */
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cutFile } from '../../artifacts/cut-file.ts'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import type { Cid } from '../../types/events.ts'
import { findModel, type Source } from '../catalogue.ts'
import { FolderIndex } from '../folder/folder-index.ts'
import { lockFolder } from '../folder/folder-lock.ts'
import { sha256OfFile } from '../folder/sha256-of-file.ts'
import type { StoredModel } from '../folder/stored-model.ts'
import { corrupt, readHeads, unread } from '../inspect/inspect.ts'
import type { GgufHead } from '../inspect/inspect-words.ts'
import { splitError } from '../inspect/split.ts'
import { type Download, type Fetched, partOf, sizeOf } from './download.ts'
import { fetchFromHuggingFace } from './huggingface.ts'

/** A file that is identified by its content: by its sha256, by its CID, or by both. */
export interface WantedFile {
  /** Its name, for people. */
  readonly name: string
  /** sha256 of its bytes, lower-case hex; null where it was asked for by its CID. */
  readonly sha256: string | null
  /** Its CID, where it was asked for by that; then no other content is fetched. */
  readonly cid: Cid | null
}

/** A file that a peer offers. */
export interface FoundFile extends WantedFile {
  /** Its size in bytes, which that peer states. */
  readonly bytes: number
}

/** One place to fetch a file from. */
export interface Place {
  /** Its name in progress lines and errors. */
  readonly name: string
  /** Fetches it, and resumes from the part where that is possible. */
  fetch(download: Download): Promise<Fetched>
}

/** Other machines of the mesh that may have a file. */
export interface ModelPeers {
  /** Finds a file that is named by its sha256 or its CID. Rejects with `RIPPLE_MODEL_NO_PEER`. */
  find(file: string, signal: AbortSignal): Promise<FoundFile>
  /**
   * Returns the places that offer the file, with that size where one is given. Machines that offer the same CID and size are
   * one place, and the place with the most machines comes first. Their statements are not checked yet. Rejects with
   * `RIPPLE_MODEL_NO_PEER` where no peer has it.
   */
  places(wanted: WantedFile, bytes: number | null, signal: AbortSignal): Promise<readonly Place[]>
}

/** The options of a pull. */
export interface PullOptions {
  /** The models folder; created where it is missing. */
  readonly dir: string
  readonly signal: AbortSignal
  /** The index of the folder; by default a new one, for the time of the pull. */
  readonly index?: FolderIndex
  /** Called with the bytes that are here, the total (null where it is not known), and the source's name. */
  readonly onProgress?: (bytes: number, total: number | null, source: string) => void
  /** Called with the name of the file in the folder, once it is known. */
  readonly onFile?: (file: string) => void
  /** Reports what a person should know about the download. */
  readonly note?: (line: string) => void
  /** The peers, which are asked first for files whose sha256 is known beforehand; none by default. */
  readonly peers?: ModelPeers
  /** Fetches from a model's source; from Hugging Face by default. */
  readonly fetchSource?: (source: Source, download: Download) => Promise<Fetched>
  /** Reads the heads of files that are not pinned; in a process of its own by default. */
  readonly readHeads?: typeof readHeads
}

/** The file to fetch: its name, and its size and content as far as they are known. */
interface Target extends WantedFile {
  /** Name of its file in the models folder. */
  readonly file: string
  readonly bytes: number | null
  /** Whether it is already known to be a model. If not, its head is read before it counts as one. */
  readonly pinned: boolean
}

/**
 * Fetches a model of the catalogue, unless it is here already, and checks it. Peers are asked first where its sha256 is
 * pinned, then Hugging Face. The file appears under its name only when it is whole and right. One pull at a time fetches into
 * a folder; the others wait. An interrupted pull resumes where its source can.
 *
 * Rejects with `RIPPLE_MODEL_UNKNOWN`, `RIPPLE_MODEL_UNREACHABLE` (with the error of each source), `RIPPLE_MODEL_CHECKSUM`,
 * `RIPPLE_DISK_SHORT` before the first byte, and `RIPPLE_DISK_FULL`. For a model that is not pinned, it also rejects as
 * `pullFile` does. When the signal is aborted, it rejects with the signal's reason.
 */
export async function pullModel(name: string, options: PullOptions): Promise<StoredModel> {
  const model = findModel(name)
  const { fetchSource = fetchFromHuggingFace } = options
  const source: Place = {
    name: `Hugging Face ${model.source.repo}`,
    fetch: (download) => fetchSource(model.source, download),
  }
  const target = { ...model, cid: null, pinned: model.sha256 !== null }
  // A file that is not pinned is not taken from peers: there is no way to check that it is what its name says.
  const peers = target.pinned ? options.peers : undefined
  return pullTo(target, peers, [source], options)
}

/**
 * Fetches a file by its sha256 or CID, from peers alone, as `<name>.gguf`, and checks it. Rejects as `pullModel` does, with
 * `RIPPLE_MODEL_CORRUPT` where it is not a model, and with `RIPPLE_MODEL_UNREAD` where it could not be inspected.
 */
export async function pullFile(wanted: WantedFile, options: PullOptions): Promise<StoredModel> {
  const target = { ...wanted, file: `${wanted.name}.gguf`, bytes: null, pinned: false }
  return pullTo(target, options.peers, [], options)
}

async function pullTo(
  target: Target,
  peers: ModelPeers | undefined,
  sources: readonly Place[],
  options: PullOptions,
): Promise<StoredModel> {
  const { dir, signal } = options
  using stack = new DisposableStack()
  const index = options.index ?? stack.use(new FolderIndex(dir, options))
  options.onFile?.(target.file)
  await mkdir(dir, { recursive: true })
  const path = join(dir, target.file)
  const fetched =
    !(await isHere(path)) && (await fetchAlone(peers, sources, target, path, { ...options, index }))
  const model = await index.modelOf(target.file, signal)
  if (!fetched && target.cid !== null && (await cutFile(path, signal)).cid !== target.cid)
    throw checksumError(path, model.sha256, `that of ${target.cid}`)
  if (target.sha256 !== null && model.sha256 !== target.sha256)
    throw checksumError(path, model.sha256, target.sha256)
  return model
}

/** Fetches a file while no other pull writes to the folder. Returns false where an earlier pull has fetched it meanwhile. */
async function fetchAlone(
  peers: ModelPeers | undefined,
  sources: readonly Place[],
  target: Target,
  path: string,
  options: IndexingPull,
): Promise<boolean> {
  const { dir, signal, onProgress } = options
  const onWait = (holder: string): void => onProgress?.(0, target.bytes, `waits for ${holder}`)
  using _lock = await lockFolder(dir, target.name, onWait, signal)
  if (await isHere(path)) return false
  const places = peers === undefined ? [] : await placesOf(peers, target, signal)
  await fetchFromAny([...places, ...sources], target, path, options)
  return true
}

async function isHere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null
}

/** Returns the places of peers. If no peer has the file, it returns one place whose fetch rejects with that error. */
async function placesOf(peers: ModelPeers, target: Target, signal: AbortSignal): Promise<readonly Place[]> {
  try {
    return await peers.places(target, target.bytes, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    return [{ name: 'peers', fetch: () => Promise.reject(thrown) }]
  }
}

/** Errors that end a pull. The next place would find no more disk space, and the right file would be no better as a model. */
const FINAL: readonly string[] = [
  'RIPPLE_DISK_FULL',
  'RIPPLE_MODEL_CORRUPT',
  'RIPPLE_MODEL_SPLIT',
  'RIPPLE_MODEL_UNREAD',
]

/** The options of a pull, with the index that it adds to. */
type IndexingPull = PullOptions & Required<Pick<PullOptions, 'index'>>

/**
 * Fetches a file from the first place that gives the right one. A disk that is too small for one place may suffice for the
 * next, because the size of the file may be a peer's statement.
 */
async function fetchFromAny(
  places: readonly Place[],
  target: Target,
  path: string,
  options: IndexingPull,
): Promise<void> {
  const failures: Array<{ place: string; error: RippleError }> = []
  for (const place of places) {
    try {
      return await fetchAndCheck(place, target, path, options)
    } catch (thrown) {
      options.signal.throwIfAborted()
      const error = toRippleError(thrown)
      if (FINAL.includes(error.code)) throw error
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
  options: IndexingPull,
): Promise<void> {
  const { signal, onProgress, note, index } = options
  const part = partOf(path)
  const download: Download = {
    path,
    part,
    bytes: target.bytes,
    signal,
    onProgress: (bytes, total) => onProgress?.(bytes, total, place.name),
    note: (line) => note?.(`${place.name}: ${line}`),
  }
  try {
    const sha256 = await fetchRight(place, target, download)
    const head = target.pinned ? null : await checkedHead(part, path, options)
    const { size, mtimeMs } = await stat(part)
    const found = { bytes: size, mtime_ms: mtimeMs, sha256, head }
    // The content is noted before the rename. Otherwise a look at the folder in between would read the whole file.
    await putInPlace(part, path, () => index.notes.keep(target.file, found))
  } catch (thrown) {
    // The rest of the part would keep the disk full.
    if (toRippleError(thrown).code === 'RIPPLE_DISK_FULL') await rm(part, { force: true })
    throw thrown
  }
}

/**
 * Fetches a file and checks its content. Returns the sha256 of a right file, and deletes a wrong one. An earlier part may
 * belong to another file, whatever its place stated. So a resumed file that is wrong is fetched once more from its first
 * byte.
 */
async function fetchRight(place: Place, target: Target, download: Download): Promise<string> {
  const { part, signal } = download
  const begun = (await sizeOf(part)) > 0
  const { claimedSha256 } = await place.fetch(download)
  const sha256 = await sha256OfFile(part, signal)
  const fault = await faultOf(target, sha256, claimedSha256, download)
  if (fault === null) return sha256
  await rm(part, { force: true })
  if (!begun) throw fault
  download.note('the partial download was of another file: it starts again')
  return fetchRight(place, target, download)
}

/** Returns the fault of a whole file that has that sha256; null where there is none. */
async function faultOf(
  target: Target,
  sha256: string,
  claimedSha256: string | null,
  { path, part, signal }: Download,
): Promise<RippleError | null> {
  const wanted = target.sha256 ?? claimedSha256
  if (wanted !== null && sha256 !== wanted) return checksumError(path, sha256, wanted)
  if (target.cid === null || (await cutFile(part, signal)).cid === target.cid) return null
  return checksumError(path, sha256, `that of ${target.cid}`)
}

/**
 * Returns the head of a file. Deletes a file that is not a model before it gets a model's name. A file whose head could not
 * be read for now stays a part, and the next pull inspects it again.
 */
async function checkedHead(
  part: string,
  path: string,
  { signal, ...options }: PullOptions,
): Promise<GgufHead> {
  const head = (await (options.readHeads ?? readHeads)([part], signal)).get(part)
  if (head?.type === 'head') return head
  if (head === undefined || head.type === 'unread')
    throw unread(path, head?.detail ?? 'its head was not read')
  await rm(part, { force: true })
  throw head.type === 'part' ? splitError(path, head) : corrupt(path, head.detail)
}

/**
 * Renames a part to its file. A crash or power cut leaves the whole file under its name, or none. A file that has appeared
 * there meanwhile stays: `keepNote` is called only for a part that becomes the file.
 */
async function putInPlace(part: string, path: string, keepNote: () => Promise<void>): Promise<void> {
  await syncToDisk(part)
  if (await isHere(path)) return rm(part, { force: true })
  await keepNote()
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
