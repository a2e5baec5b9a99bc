/** Resolves a model name to a file, and sizes the context for a prompt. */
import { limits } from '../../limits.ts'
import { catalogue, DEFAULT_MODEL, isNamed } from '../../models/catalogue.ts'
import type { ModelStore } from '../../models/store.ts'
import type { Peer } from '../../types/peer.ts'

/** A model as a task names it. */
export interface ChosenModel {
  readonly name: string
  /** sha256 of its file, lower-case hex. */
  readonly digest: string
  /** Most tokens that it can read. */
  readonly context_tokens: number
}

/**
 * Returns the model that a name means: a file of this machine, else the catalogue's pinned one, else a model on a
 * peer's card. Throws `RIPPLE_MODEL_UNKNOWN`, `RIPPLE_MODEL_MISSING` if nobody here knows its digest yet, or
 * `RIPPLE_MODEL_UNREAD` while the file is being indexed.
 */
export function chooseModel(wanted: string | null, store: ModelStore, peers: readonly Peer[]): ChosenModel {
  const name = wanted ?? DEFAULT_MODEL
  const here = store.present().find((model) => isNamed(model, name))
  if (here) return { name: here.name, digest: here.sha256, context_tokens: here.context_tokens }
  const pinned = catalogue.find((model) => isNamed(model, name))
  if (pinned?.sha256)
    return { name: pinned.name, digest: pinned.sha256, context_tokens: pinned.context_tokens }
  const cards = peers.flatMap((peer) => peer.card.capabilities.inference.models)
  const elsewhere = cards.find((model) => isNamed(model, name))
  if (elsewhere) return elsewhere
  // No card has that name, or not yet; the store's error says which.
  const { name: own, sha256: digest, context_tokens } = store.find(name)
  return { name: own, digest, context_tokens }
}

/**
 * Returns the size of the context that a prompt needs, in tokens; a token has at least one byte. It is rounded up to a
 * power of two, so that tasks of similar size share a loaded context. The engine reports a prompt that is longer than
 * the model can read.
 */
export function contextFor(promptBytes: number, maxTokens: number, model: ChosenModel): number {
  const needed = promptBytes + maxTokens + limits.template_tokens
  const rounded = 2 ** Math.ceil(Math.log2(Math.max(needed, limits.context_tokens_min)))
  return Math.min(rounded, model.context_tokens)
}
