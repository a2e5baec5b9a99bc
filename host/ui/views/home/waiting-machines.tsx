/** Shows the machines that wait to be accepted. */
import { cut } from '../../format/cut.ts'
import { Hash } from '../../parts/hash.tsx'
import { Card } from '../../parts/layout.tsx'
import { Name } from '../../parts/names.tsx'
import { TroubleView } from '../../parts/trouble.tsx'
import { peers } from '../../state/machines.ts'
import { useAction } from '../../state/operations.ts'
import { words } from '../../words/words.ts'

/** Characters of a name that a screen reader says. */
const NAME_CHARS = 64

/** Shows each such machine, with a button where its acceptance is missing here. Nothing is shown without one. */
export function WaitingMachines() {
  const accept = useAction('peer.accept')
  const waiting = peers.value.filter((one) => one.waiting !== null && !isAway(one.state))
  if (waiting.length === 0) return null
  return (
    <Card title={words.waiting.title}>
      <p class="hint">{words.waiting.about}</p>
      {accept.trouble && <TroubleView trouble={accept.trouble} />}
      <ul class="rows">
        {waiting.map(({ agent, name, waiting: where }) => (
          <li key={agent}>
            <span>
              <strong>
                <Name text={name} />
              </strong>{' '}
              <Hash hash={agent} />
            </span>
            {where === 'here' ? (
              <button
                type="button"
                aria-label={words.waiting.acceptName(cut(name, NAME_CHARS))}
                onClick={() => void accept.run({ peer: agent })}
              >
                {words.waiting.accept}
              </button>
            ) : (
              <span class="hint">{words.waiting.there}</span>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}

function isAway(state: string): boolean {
  return state === 'unreachable' || state === 'left'
}
