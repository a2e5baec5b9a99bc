/** Gathers the facts about a model and this machine, to judge whether the model will run here. */
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { RippleError, toRippleError } from '../errors/ripple-error.ts'
import { catalogue, findModel } from './catalogue.ts'
import { fileIdOf, isAskedFor, plainName } from './file-id.ts'
import { type Figure, type Fit, type FitFacts, judgeFit } from './fit.ts'
import type { StoredModel } from './folder/stored-model.ts'
import { inspectModel } from './inspect/inspect.ts'
import type { Inspected, InspectSource } from './inspect/inspect-words.ts'
import { huggingFaceUrl } from './sources/huggingface.ts'
import type { ModelPeers } from './sources/pull.ts'
import { modelOf } from './sources/sharing.ts'
import { roomForFile } from './sources/space.ts'

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
  /** The path of its file, or the path that the file would get. */
  readonly path: string
  /** The place of its head; null where only peers have the file. */
  readonly source: InspectSource | null
  /** Size of the file, as far as it is known without its head. */
  readonly bytes: Figure
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
  // The weights are nearly all of a file: its head holds little more than the vocabulary.
  const file_bytes =
    subject.bytes.value === null ? figure(head?.weights_bytes, 'from the file') : subject.bytes
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
    free_disk: figure(await roomForFile(subject.path), 'measured here'),
    bytes_per_token: head?.bytes_per_token ?? null,
    measured,
  }
  const { here, free_memory, free_disk } = facts
  const given = { here, context_tokens: facts.context_tokens, file_bytes, free_memory, free_disk }
  return { name: subject.name, ...given, ...judgeFit(facts), notes }
}

async function subjectOf(name: string, needs: FitNeeds, signal: AbortSignal): Promise<Subject> {
  const { dir, present, find, site } = needs
  const file = fileIdOf(name)
  const byFile = file === null ? null : await modelOf(file, dir, present())
  const stored = byFile ?? present().find((model) => isAskedFor(model, name)) ?? null
  if (stored !== null) {
    const source = { type: 'filesystem', at: stored.path } as const
    return {
      name: stored.name,
      stored,
      path: join(dir, basename(stored.path)),
      source,
      bytes: figure(stored.bytes, 'from the file'),
    }
  }
  const listed = catalogue.find((model) => isAskedFor(model, name))
  if (listed === undefined && file !== null && find !== undefined) {
    const found = await find(file, signal)
    const called = found.name || file
    const path = join(dir, `${plainName(called)}.gguf`)
    return { name: called, stored, path, source: null, bytes: figure(found.bytes, "a peer's word") }
  }
  const model = listed ?? findModel(name)
  const source = { type: 'network', at: huggingFaceUrl(model.source, site) } as const
  const bytes = figure(model.bytes, 'from the model list')
  return { name: model.name, stored, path: join(dir, model.file), source, bytes }
}

function figure(value: number | null | undefined, basis: Exclude<Figure['basis'], 'not known'>): Figure {
  return value === null || value === undefined ? { value: null, basis: 'not known' } : { value, basis }
}

async function headOf(
  { source }: Subject,
  context_tokens: number,
  needs: FitNeeds,
  notes: string[],
  signal: AbortSignal,
): Promise<Inspected | null> {
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
