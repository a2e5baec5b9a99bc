/** Says what leaves this machine, in sentences. */
import type { AnswerOf } from '../../daemon/call.ts'
import { Card, Loaded, State } from '../../parts/layout.tsx'
import { type Read, useRead } from '../../state/operations.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'

type Configuration = AnswerOf<'config.show'>

/** A sentence, and whether it says that something may leave by the owner's wish. */
interface Statement {
  readonly open: boolean
  readonly sentence: string
}

/** The parts of the section `upstream` that are shown. */
interface Upstream {
  readonly providers: readonly { readonly name: string }[]
  readonly allows: readonly { readonly provider: string; readonly data_class: string }[]
  readonly filter: { readonly secrets: 'refuse' | 'mask'; readonly pii: 'refuse' | 'mask' }
}

const text = words.settings.privacy

/** Shows the card. */
export function Privacy({ configuration }: { configuration: Read<Configuration> }) {
  const policies = useRead('policy.list', {}, ['policy'])
  const egress = policies.value?.policies.find(({ name }) => name === 'egress')
  return (
    <Card title={text.title}>
      <Loaded read={configuration}>
        {({ settings }) => (
          <ul class="statements">
            {statementsOf(settings).map(({ open, sentence }) => (
              <li key={sentence}>
                <State tone={open ? 'warn' : 'good'}>{open ? text.leaves : text.stays}</State> {sentence}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {egress && (
        <p class="hint">
          {egress.origin === 'owner' ? text.egressOwner : text.egressShipped}{' '}
          <a href={hrefOf('policies', ['egress'])}>{text.egressShow}</a>
        </p>
      )}
    </Card>
  )
}

function statementsOf(settings: Configuration['settings']): Statement[] {
  const of = (name: string) => settings.find((one) => one.name === name)?.value
  const upstream = of('upstream') as unknown as Upstream | undefined
  const allows = (upstream?.allows ?? []).map(({ provider, data_class }) => text.allow(data_class, provider))
  return [
    {
      open: allows.length > 0,
      sentence: allows.length === 0 ? text.noAllow : text.allows(allows.join(', ')),
    },
    ...(upstream === undefined || upstream.providers.length === 0 ? [] : filterStatements(upstream.filter)),
    of('policy.deny_public') === true
      ? { open: false, sentence: text.noPublic }
      : { open: true, sentence: text.mayPublic },
    of('inference.post') === true
      ? { open: true, sentence: text.posts }
      : { open: false, sentence: text.postsNot },
    of('share.models') === true
      ? { open: true, sentence: text.modelFiles }
      : { open: false, sentence: text.noModelFiles },
  ]
}

function filterStatements({ secrets, pii }: Upstream['filter']): Statement[] {
  return [
    { open: false, sentence: text.secrets[secrets] },
    { open: false, sentence: text.pii[pii] },
  ]
}
