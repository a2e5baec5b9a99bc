import type { ProviderConfig } from '../config/upstream.ts'
import type { CloudMembers } from '../ensemble/types.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { unheeded } from '../upstream/command-prompt.ts'
import type { Upstreams } from '../upstream/port.ts'
import { askUpstream } from './ask-upstream.ts'

/** What a member says counts as a whole. */
const unread = { push: () => {} }

const modelName = /^(?:upstream:)?([^/]+)\/.+$/s

/**
 * The configured providers as members of an ensemble: of each its first model, and behind all that stands before any request
 * to it. A program is left out where it could not heed all of a question: it would fail when the budget is already charged.
 * Where a provider counts no tokens its usage is zero.
 */
export function cloudMembers(
  upstreams: Pick<Upstreams, 'names' | 'ask'>,
  configured: ReadonlyArray<Pick<ProviderConfig, 'name' | 'kind' | 'weight' | 'priority'>>,
): CloudMembers {
  const firstOf = (provider: string): string | undefined =>
    upstreams.names().find((name) => modelName.exec(name)?.[1] === provider)
  return {
    providers: ({ input, format, stop }) => {
      const suitsPrograms = unheeded({ input, format: format ?? { type: 'text' }, stop }) === null
      return configured
        .filter(({ kind }) => suitsPrograms || kind !== 'command')
        .map(({ name, weight, priority }) => ({ name, weight, priority }))
    },
    ask: async (provider, ask, signal) => {
      const model = firstOf(provider)
      if (model === undefined)
        throw new RippleError('RIPPLE_UPSTREAM_FAILED', { provider, detail: 'it is not configured any more' })
      const { text, usage } = await askUpstream(upstreams, model, ask, unread, signal)
      return { text, model, usage }
    },
  }
}
