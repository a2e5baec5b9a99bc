/** Adapts the configured providers to members of an ensemble. */
import type { ProviderConfig } from '../../config/upstream.ts'
import type { CloudMembers } from '../../ensemble/members/types.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { unheeded } from '../../providers/command-prompt.ts'
import type { Providers } from '../../providers/port.ts'
import { askProvider } from './ask-provider.ts'

/** Discards the pieces, since only a member's whole answer counts. */
const unread = { push: () => {} }

const modelName = /^(?:upstream:)?([^/]+)\/.+$/s

/**
 * Offers the configured providers as members of an ensemble, each with its first model. Each ask passes the same checks
 * as any other request to a provider. A program that cannot heed all of a question is left out, because it would fail
 * after the budget was charged. Usage is zero if a provider counts no tokens.
 */
export function cloudMembers(
  upstreams: Pick<Providers, 'names' | 'ask'>,
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
      const { text, usage } = await askProvider(upstreams, model, ask, unread, signal)
      return { text, model, usage }
    },
  }
}
