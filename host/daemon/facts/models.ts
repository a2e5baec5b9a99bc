/** Describes the model files of this machine for its facts. */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { ModelStore } from '../../models/store.ts'
import type { MachineFacts } from '../../types/machine-facts.ts'

/** Milliseconds that a look at the models folder waits for new files to be indexed. */
const MODELS_WAIT_MS = 2_000
/** The most models that the facts name, and the longest name in characters. */
const MODELS_MAX = 32
const NAME_CHARACTERS_MAX = 128
/** The longest text of a problem, in characters. */
const TEXT_CHARACTERS_MAX = 400

/** Describes the models of an open store. */
export function storeFacts(
  store: Pick<ModelStore, 'present' | 'problems' | 'indexing'>,
): NonNullable<MachineFacts['models']> {
  const short = (names: readonly string[]) =>
    names.slice(0, MODELS_MAX).map((name) => name.slice(0, NAME_CHARACTERS_MAX))
  const [problem] = store.problems
  return {
    names: short(store.present().map(({ name }) => name)),
    indexing: short(store.indexing),
    problem: problem
      ? {
          detail: problem.message.slice(0, TEXT_CHARACTERS_MAX),
          fix: problem.hint.slice(0, TEXT_CHARACTERS_MAX),
        }
      : null,
  }
}

/** Opens the models folder for a look, and does not create it. */
export async function folderFacts(cache: string, signal: AbortSignal): Promise<MachineFacts['models']> {
  const exists = await access(join(cache, 'models')).then(
    () => true,
    () => false,
  )
  if (!exists) return { names: [], indexing: [], problem: null }
  const { openModelStore } = await import('../models/model-store.ts')
  using store = await openModelStore(cache)
  const patience = AbortSignal.any([signal, AbortSignal.timeout(MODELS_WAIT_MS)])
  await store.index.settled(patience).catch(() => signal.throwIfAborted())
  return storeFacts(store)
}
