/** Shows the machines of the mesh: as a map or a table, with the card of one. */
import './mesh.css'
import { useRef } from 'preact/hooks'
import { Card, Empty, View, Waiting } from '../../parts/layout.tsx'
import { Age } from '../../parts/moments.tsx'
import { Machine } from '../../parts/names.tsx'
import { peers } from '../../state/machines.ts'
import { go, hrefOf, type Route } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { MachineCard } from './machine-card.tsx'
import { lookOf, type Machine as MachineOf } from './machines-on-map.ts'
import { MachinesTable } from './machines-table.tsx'
import { MeshMap } from './map.tsx'
import type { Step } from './traffic.ts'
import { type FollowedTraffic, useTraffic } from './use-traffic.ts'

const text = words.mesh

/** Shows the mesh. The address names the chosen machine, by its key or its name, and whether it is a table. */
export default function Mesh({ route }: { route: Route }) {
  const machines = peers.value
  const self = machines.find((one) => one.self)
  const asTable = route.options.as === 'table'
  return (
    <View title={words.views.mesh ?? ''} actions={<Forms route={route} asTable={asTable} />}>
      {self === undefined ? <Waiting /> : <Machines {...{ machines, self, route, asTable }} />}
    </View>
  )
}

interface MachinesProps {
  readonly machines: readonly MachineOf[]
  readonly self: MachineOf
  readonly route: Route
  readonly asTable: boolean
}

function Machines({ machines, self, route, asTable }: MachinesProps) {
  const followed = useTraffic(self.agent)
  const place = useRef<HTMLDivElement>(null)
  const [named = null] = route.rest
  const chosen = machines.find(({ agent }) => agent === named) ?? machines.find(({ name }) => name === named)
  const at = (agent: string | null): string =>
    hrefOf('mesh', agent === null ? [] : [agent], { as: asTable ? 'table' : null })
  const close = (): void => {
    const from = chosen?.agent ?? ''
    go(at(null))
    place.current?.querySelector<HTMLElement>(`[data-agent="${CSS.escape(from)}"]`)?.focus()
  }
  return (
    <div class={chosen ? 'mesh with-card' : 'mesh'}>
      <div class="mesh-main" ref={place}>
        {machines.length === 1 && <Alone />}
        {asTable ? (
          <MachinesTable {...{ machines, followed, chosen: chosen?.agent ?? null, hrefOf: at }} />
        ) : (
          <div class="card mesh-box">
            <MeshMap
              {...{ machines, followed, chosen: chosen?.agent ?? null }}
              onChoose={(agent) => go(at(agent))}
            />
            <Legend machines={machines} />
          </div>
        )}
      </div>
      {chosen && (
        <div class="mesh-side">
          <MachineCard
            key={chosen.agent}
            machine={chosen}
            tasks={followed.figures.value.counts.get(chosen.agent) ?? 0}
            onClose={close}
          />
        </div>
      )}
      {named !== null && !chosen && <Empty>{text.unknownMachine}</Empty>}
      <LastSteps followed={followed} />
    </div>
  )
}

function Forms({ route, asTable }: { route: Route; asTable: boolean }) {
  const form = (label: string, table: boolean) => (
    <button
      type="button"
      class={table === asTable ? 'small' : 'quiet small'}
      aria-pressed={table === asTable}
      onClick={() => go(hrefOf('mesh', route.rest, { as: table ? 'table' : null }), { replace: true })}
    >
      {label}
    </button>
  )
  return (
    <>
      {form(text.asMap, false)}
      {form(text.asTable, true)}
    </>
  )
}

function Alone() {
  return (
    <Empty>
      <p>{text.alone}</p>
      <a href={hrefOf('join')}>{text.joinAnother}</a>
    </Empty>
  )
}

/** Explains the lines and forms that are on the map. */
function Legend({ machines }: { machines: readonly MachineOf[] }) {
  const kinds = new Set(machines.map(({ path }) => path?.kind))
  const looks = new Set(machines.map(lookOf))
  return (
    <ul class="mesh-legend" aria-label={text.legend}>
      {(['direct', 'relayed', 'conductor'] as const)
        .filter((kind) => kinds.has(kind))
        .map((kind) => (
          <Entry key={kind} mark={`way ${kind}`} about={text.legendWays[kind]} />
        ))}
      {(['self', 'there', 'late', 'draining', 'waiting', 'away'] as const)
        .filter((look) => looks.has(look))
        .map((look) => (
          <Entry key={look} mark={`spot ${look}`} about={text.looks[look]} />
        ))}
      {(['task', 'answer'] as const).map((what) => (
        <Entry key={what} mark={`moves moves-${what}`} about={text.moves[what]} />
      ))}
    </ul>
  )
}

function Entry({ mark, about }: { mark: string; about: string }) {
  return (
    <li>
      <span class={mark} aria-hidden="true" />
      {about}
    </li>
  )
}

function LastSteps({ followed }: { followed: FollowedTraffic }) {
  const { steps } = followed.figures.value
  return (
    <Card title={text.lastSteps}>
      {steps.length === 0 ? <p class="hint">{text.noSteps}</p> : <ul class="rows">{steps.map(StepRow)}</ul>}
    </Card>
  )
}

function StepRow({ task, key, agent, what, at }: Step) {
  return (
    <li key={`${task} ${what} ${agent} ${at}`}>
      <span>
        {text.steps[what]} {what === 'here' || what === 'ran' ? null : <Machine agent={agent} />}{' '}
        {key !== null && (
          <a href={hrefOf('tasks', [key])}>
            <code>{key.slice(0, 8)}</code>
          </a>
        )}
      </span>
      <span class="soft">
        <Age at={at} />
      </span>
    </li>
  )
}
