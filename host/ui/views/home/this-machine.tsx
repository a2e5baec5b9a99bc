/** Shows whether this machine is up and works with others. */
import { useMemo } from 'preact/hooks'
import type { AnswerOf } from '../../daemon/call.ts'
import { Card, Facts, State } from '../../parts/layout.tsx'
import { Age } from '../../parts/moments.tsx'
import { Name } from '../../parts/names.tsx'
import { words } from '../../words/words.ts'

type Status = AnswerOf<'status'>

const tones = { connected: 'good', syncing: 'busy', isolated: 'off' } as const

/** Shows this machine's state with its reason, and what it offers. */
export function ThisMachine({ here }: { here: Status }) {
  const text = words.home.here
  const { state, why } = here.presence
  const startedAt = useMemo(() => Date.now() - here.uptime_ms, [here])
  return (
    <Card title={text.title}>
      <p>
        <State tone={tones[state]}>{text.state[state]}</State>
        <span class="soft"> · {why}</span>
      </p>
      <Facts
        facts={[
          [text.started, <Age key="at" at={startedAt} />],
          [text.takes, takes(here)],
          [text.models, here.models.length === 0 ? text.noModels : <Models names={here.models} />],
        ]}
      />
      {here.writes.why !== null && <p class="hint">{here.writes.why}</p>}
    </Card>
  )
}

function Models({ names }: { names: readonly string[] }) {
  return names.map((name, at) => (
    <span key={name}>
      {at > 0 && ', '}
      <Name text={name} />
    </span>
  ))
}

function takes({ draining, paused, writes }: Status): string {
  const text = words.home.here
  if (writes.state === 'refused') return text.refused
  if (draining) return text.draining
  return paused === null ? text.takesYes : text.paused(paused)
}
