/** Opens the providers of models outside the mesh. */
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { ProviderConfig } from '../config/upstream.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Ask } from '../types/answer.ts'
import type { DataClass } from '../types/data-class.ts'
import type { Journal } from '../work/journal/port.ts'
import { Budget } from './budget.ts'
import { commandProvider } from './command.ts'
import { type Egress, type EgressNeeds, keyOf, letOut, letRepeat } from './egress.ts'
import { openAiProvider } from './openai.ts'
import type { Provider, ProviderModel, ProviderRequest, Providers } from './port.ts'

/** The ports of the providers. */
export interface ProvidersNeeds extends EgressNeeds {
  readonly journal: Journal
  /** The search path for programs, and the user's home. */
  readonly env: { readonly path: string; readonly home: string }
}

/** The prefix of provider models, which sets them apart from the mesh's models. */
const PREFIX = 'upstream:'

/** Opens the providers; none of them is asked yet. Rejects with `RIPPLE_JOURNAL_CORRUPT`. */
export async function openProviderSet(needs: ProvidersNeeds): Promise<Providers> {
  const { config, journal, clock, network } = needs
  const budget = await Budget.open({ limits: config.budget, journal, clock })
  const providers = config.providers.map((one) => ({ config: one, upstream: upstreamOf(one, needs) }))
  const names = providers.flatMap(({ config: one }) => one.models.map((model) => nameOf(one.name, model)))
  const egressOf = (name: string, ask: Ask, dataClass: DataClass): Egress => {
    const { provider, model } = findModel(name, providers, names)
    if (network === 'local') throw new RippleError('RIPPLE_UPSTREAM_OFF', { network })
    const trace_id = ask.trace_id ?? randomUUID()
    const request = requestOf(ask, model, trace_id)
    return { ...provider, request, dataClass, trace_id, principal: ask.principal, budget, needs }
  }
  let asking = 0
  return {
    names: () => names,
    list: () => listModels(needs),
    budget: () => budget.left(),
    ask: async (name, ask, dataClass, onText, signal) => {
      const egress = egressOf(name, ask, dataClass)
      if (asking >= limits.upstream_asks_max)
        throw new RippleError('RIPPLE_BUSY', {
          what: 'the number of requests to providers',
          max: limits.upstream_asks_max,
          retry_after_s: limits.busy_retry_after_s,
        })
      asking += 1
      try {
        return await letOut(egress, onText, signal)
      } finally {
        asking -= 1
      }
    },
    repeat: async (name, ask, dataClass) => letRepeat(egressOf(name, ask, dataClass)),
  }
}

interface ConfiguredProvider {
  readonly config: ProviderConfig
  readonly upstream: Provider
}

function upstreamOf(config: ProviderConfig, { secrets, env }: ProvidersNeeds): Provider {
  const key = () => keyOf(config, secrets)
  return config.kind === 'openai' ? openAiProvider(config, { key }) : commandProvider(config, { key, ...env })
}

function nameOf(provider: string, model: string): string {
  return `${PREFIX}${provider}/${model}`
}

function findModel(
  name: string,
  providers: readonly ConfiguredProvider[],
  names: readonly string[],
): { readonly provider: ConfiguredProvider; readonly model: string } {
  const wanted = name.startsWith(PREFIX) ? name : `${PREFIX}${name}`
  for (const provider of providers)
    for (const model of provider.config.models)
      if (nameOf(provider.config.name, model) === wanted) return { provider, model }
  const known = names.join(', ') || 'none is configured'
  throw new RippleError('RIPPLE_UPSTREAM_UNKNOWN', { model: wanted, known })
}

async function listModels({ config, secrets, network }: ProvidersNeeds): Promise<ProviderModel[]> {
  const known = new Set((await secrets.list()).map(({ name }) => name))
  return config.providers
    .flatMap(({ name: provider, kind, models, key, weight, priority, data_classes }) =>
      models.map((model): ProviderModel => {
        const allowed = config.allows.filter((allow) => allow.provider === provider)
        return {
          name: nameOf(provider, model),
          provider,
          model,
          kind,
          state: network === 'local' ? 'off' : key === null || known.has(key) ? 'ready' : 'no_key',
          data_classes: data_classes.filter((one) => allowed.some((allow) => allow.data_class === one)),
          weight,
          priority,
        }
      }),
    )
    .sort((a, b) => a.priority - b.priority || b.weight - a.weight || (a.name < b.name ? -1 : 1))
}

/** A UUID reveals nothing. A person chose any other trace id, and no filter checks it. */
const uuid = z.uuid()

function requestOf(ask: Ask, model: string, trace: string): ProviderRequest {
  const { input, format, stop, penalties, temperature_milli, top_p_milli, top_k, seed } = ask
  const max_tokens = ask.max_tokens ?? limits.upstream_tokens_default
  const sampling = { temperature_milli, top_p_milli, top_k, seed }
  const trace_id = uuid.safeParse(trace).data ?? null
  return { model, max_tokens, trace_id, input, format, stop, penalties, ...sampling }
}
