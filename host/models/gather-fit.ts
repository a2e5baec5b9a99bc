/** Gathers the facts about a model and this machine, to judge whether the model will run here. */
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { type CatalogueModel, catalogue, findModel } from './catalogue.ts'
import { fileIdOf, isAskedFor, plainName } from './file-id.ts'
import { type Figure, type Fit, type FitFacts, judgeFit } from './fit.ts'
import { huggingFaceUrl } from './huggingface.ts'
import { inspectModel } from './inspect.ts'
import type { Inspected, InspectSource } from './inspect-words.ts'
import type { FoundFile, ModelPeers } from './pull.ts'
import { modelOf } from './sharing.ts'
import { roomForFile } from './space.ts'
import type { StoredModel } from './stored-model.ts'

/** The sources of a machine's facts for a fit. */
export interface FitNeeds {
  /** The models folder. */
  readonly dir: string
  readonly present: () => readonly StoredModel[]
  /** Memory that is available to models now, in bytes; null where it is not known. */
  readonly freeMemory: () => Promise<number | null>
  /** The model whose speed was measured here, and its speed in tokens a second; null before the first measurement. */
  readonly measured: () => Promise<{ readonly sha256: string; readonly tokens_per_second: number } | null>
  /** Asks peers for a file that is on no list; absent without peers. */
  readonly find?: ModelPeers['find']
  readonly inspect?: typeof inspectModel
  /** The address of Hugging Face, or of its replacement in tests. */
  readonly site?: string
}

/** A fit, and the facts that it was judged by. */
export interface FitReport extends Fit {
  readonly name: string
  readonly here: boolean
  readonly context_tokens: number
  readonly file_bytes: Figure
  readonly free_memory: Figure
  readonly free_disk: Figure
  /** Facts that could not be found out, as sentences without a full stop. */
  readonly notes: readonly string[]
}

/** A model whose fit is asked for: it is here, in the model list, in both, or only at a peer. */
interface Subject {
  readonly name: string
  readonly stored: StoredModel | null
  readonly listed: CatalogueModel | null
  readonly found: FoundFile | null
}

/**
 * Judges before the download whether a model will run here, and names the sources of its figures. It uses the model's file
 * where that is here, else the head of the file on Hugging Face. Otherwise it uses the model list or a peer's statement.
 * Rejects with `RIPPLE_MODEL_UNKNOWN`, with `RIPPLE_MODEL_NO_PEER` for a sha256 or a CID that no peer has, and with
 * `RIPPLE_MODEL_UNREACHABLE` where nothing is known about it.
 */
export async function gatherFit(
  name: string,
  context_tokens: number,
  needs: FitNeeds,
  signal: AbortSignal,
): Promise<FitReport> {
  const subject = await subjectOf(name, needs, signal)
  const notes: string[] = []
  // Each of the two may start a process that reads a file's head.
  const [head, measured] = await Promise.all([
    headOf(subject, context_tokens, needs, notes, signal),
    measuredOf(subject, context_tokens, needs, signal),
  ])
  const file_bytes = sizeOf(subject, head)
  if (head === null && file_bytes.value === null)
    throw new RippleError('RIPPLE_MODEL_UNREACHABLE', { model: subject.name, detail: notes.join('; ') })
  if (head !== null && head.context_tokens < context_tokens)
    notes.push(`a context of ${context_tokens} tokens is beyond the model's: it holds ${head.context_tokens}`)
  await mkdir(needs.dir, { recursive: true })
  const facts: FitFacts = {
    file_bytes,
    here: subject.stored !== null,
    weights: figure(head?.weights_bytes, 'from the file'),
    context: figure(head?.context_bytes, 'estimated'),
    context_tokens: head?.context_tokens ?? context_tokens,
    free_memory: figure(await needs.freeMemory(), 'measured here'),
    free_disk: figure(await roomForFile(pathOf(subject, needs.dir)), 'measured here'),
    bytes_per_token: head?.bytes_per_token ?? null,
    measured,
  }
  const { here, free_memory, free_disk } = facts
  const judged = judgeFit(facts)
  const { name: called } = subject
  return {
    name: called,
    here,
    ...{ context_tokens: facts.context_tokens, file_bytes, free_memory, free_disk },
    ...judged,
    notes,
  }
}

async function subjectOf(
  name: string,
  { dir, present, find }: FitNeeds,
  signal: AbortSignal,
): Promise<Subject> {
  const file = fileIdOf(name)
  const byFile = file === null ? null : await modelOf(file, dir, present())
  const stored = byFile ?? present().find((model) => isAskedFor(model, name)) ?? null
  const listed = catalogue.find((model) => isAskedFor(model, name)) ?? null
  const known = stored ?? listed
  if (known !== null) return { name: known.name, stored, listed, found: null }
  if (file === null || find === undefined) return { name: findModel(name).name, stored, listed, found: null }
  const found = await find(file, signal)
  return { name: found.name || file, stored, listed, found }
}

/** Returns the path of the file, or the path that it would get. */
function pathOf({ stored, listed, name }: Subject, dir: string): string {
  if (stored !== null) return join(dir, basename(stored.path))
  return join(dir, listed?.file ?? `${plainName(name)}.gguf`)
}

function figure(value: number | null | undefined, basis: Exclude<Figure['basis'], 'not known'>): Figure {
  return value === null || value === undefined ? { value: null, basis: 'not known' } : { value, basis }
}

/** Returns the size of the file. The weights are nearly all of a file: its head holds little more than the vocabulary. */
function sizeOf({ stored, listed, found }: Subject, head: Inspected | null): Figure {
  if (stored !== null) return { value: stored.bytes, basis: 'from the file' }
  if (listed?.bytes) return { value: listed.bytes, basis: 'from the model list' }
  if (found !== null) return { value: found.bytes, basis: "a peer's word" }
  return figure(head?.weights_bytes, 'from the file')
}

async function headOf(
  { stored, listed }: Subject,
  context_tokens: number,
  needs: FitNeeds,
  notes: string[],
  signal: AbortSignal,
): Promise<Inspected | null> {
  const source = placeOf(stored, listed, needs.site)
  if (source === null) {
    notes.push('its file can be looked at only once it is here')
    return null
  }
  try {
    return await (needs.inspect ?? inspectModel)(source, context_tokens, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    const { facts, message } = toRippleError(thrown)
    notes.push(`the head of the file could not be read at ${source.at}: ${facts.detail ?? message}`)
    return null
  }
}

function placeOf(
  stored: StoredModel | null,
  listed: CatalogueModel | null,
  site: string | undefined,
): InspectSource | null {
  if (stored !== null) return { type: 'filesystem', at: stored.path }
  return listed === null ? null : { type: 'network', at: huggingFaceUrl(listed.source, site) }
}

async function measuredOf(
  { stored }: Subject,
  context_tokens: number,
  needs: FitNeeds,
  signal: AbortSignal,
): Promise<FitFacts['measured']> {
  const measured = await needs.measured()
  const model = needs.present().find(({ sha256 }) => sha256 === measured?.sha256)
  if (measured === null || model === undefined) return null
  const same = stored?.sha256 === model.sha256
  const source = { type: 'filesystem' as const, at: model.path }
  const head = same
    ? null
    : await (needs.inspect ?? inspectModel)(source, context_tokens, signal).catch(() => null)
  signal.throwIfAborted()
  const { tokens_per_second } = measured
  return { name: model.name, same, tokens_per_second, bytes_per_token: head?.bytes_per_token ?? null }
}
