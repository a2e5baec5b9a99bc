/** Applies a client's choice of machines to the target of its ask. */
import { RippleError } from '../errors/ripple-error.ts'
import type { Ask } from '../types/answer.ts'
import type { AgentKey } from '../types/events.ts'
import type { KnownModel, Target } from './names.ts'

/** The target of an ask whose model is chosen. */
export type ChosenTarget = Exclude<Target, { type: 'auto' }>

/** The machines that a client chose for an ask. */
export interface Machines {
  /** Whether a chosen machine has the model. */
  mayRun(model: KnownModel): boolean
  readonly named: string | null
  readonly except: readonly AgentKey[]
}

/** A machine that is not known now may still be named by its key. */
const agentKey = /^uhCAk[\w-]{48}$/

/**
 * Reads the machines of an ask. A name stands for every machine that has it. Throws `RIPPLE_BODY_INVALID` for an excluded name
 * that no machine with a model has: the request would go to the machine that was meant.
 */
export function machinesOf({ target, exclude = [] }: Ask, known: readonly KnownModel[]): Machines {
  const places = known.flatMap(({ at }) => at)
  const except = exclude.flatMap((given) => {
    const found = places.filter(({ agent, name }) => agent === given || name === given)
    if (found.length === 0 && !agentKey.test(given))
      throw wrong('exclude', `no machine with a model is called '${given}'`)
    return found.length === 0 ? [given] : found.map(({ agent }) => agent)
  })
  const named = target ?? null
  return {
    named,
    except: [...new Set(except)],
    mayRun: ({ at }) => at.some((one) => isNamed(one, named) && !except.includes(one.agent)),
  }
}

/** Returns the target on the chosen machines. Throws `RIPPLE_BODY_INVALID` if none of them can answer. */
export function on({ named, except, mayRun }: Machines, target: ChosenTarget, ask: Ask): ChosenTarget {
  if (named === null && except.length === 0) return target
  const field = named === null ? 'exclude' : 'target'
  if (target.type !== 'model')
    throw wrong(field, `'${ask.model}' means several models or a provider: name one model`)
  const { model, only } = target
  const chosen = { ...model, at: model.at.filter(({ agent }) => only === null || agent === only) }
  if (!mayRun(chosen)) throw wrong(field, `no machine that it allows has the model ${model.name} now`)
  const peer = named === null ? null : chosen.at.find((one) => isNamed(one, named))
  return { ...target, only: peer?.agent ?? only, except }
}

function isNamed({ agent, name }: KnownModel['at'][number], named: string | null): boolean {
  return named === null || agent === named || name === named
}

function wrong(field: 'target' | 'exclude', detail: string): RippleError {
  const param = `x-ripple-${field}`
  return new RippleError('RIPPLE_BODY_INVALID', { detail: `'${param}': ${detail}`, param })
}
