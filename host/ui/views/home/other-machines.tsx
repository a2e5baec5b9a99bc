/** Shows who else is on the mesh. */
import type { AnswerOf } from '../../daemon/call.ts'
import { count } from '../../format/format.ts'
import { Card, State } from '../../parts/layout.tsx'
import { Name } from '../../parts/names.tsx'
import { peers } from '../../state/machines.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'

type Peer = AnswerOf<'peers'>['peers'][number]

/** The most machines that are shown here; the map has all. */
const SHOWN_MAX = 8

const tones = { online: 'good', draining: 'busy', suspect: 'warn', unreachable: 'off', left: 'off' } as const
const order = ['online', 'draining', 'suspect', 'unreachable', 'left']

/** Shows the other machines, those that are there first. */
export function OtherMachines() {
  const text = words.home.others
  const others = peers.value
    .filter(({ self }) => !self)
    .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
  return (
    <Card title={text.title}>
      {others.length === 0 ? (
        <p class="soft">{text.none}</p>
      ) : (
        <ul class="rows">
          {others.slice(0, SHOWN_MAX).map((peer) => (
            <li key={peer.agent}>
              <strong>
                <Name text={peer.name} title={peer.agent} />
              </strong>
              <PeerState peer={peer} />
            </li>
          ))}
        </ul>
      )}
      <p class="more">
        {others.length > SHOWN_MAX && (
          <span class="soft">{text.more(count(others.length - SHOWN_MAX))} </span>
        )}
        <a href={hrefOf('mesh')}>{text.all}</a>
      </p>
    </Card>
  )
}

/** Shows the state of a machine as a word. */
export function PeerState({ peer: { state, waiting } }: { peer: Peer }) {
  const text = words.home.others
  if (waiting !== null && tones[state] !== 'off') return <State tone="warn">{text.waiting}</State>
  return <State tone={tones[state]}>{text.states[state]}</State>
}
