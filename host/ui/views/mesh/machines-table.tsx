/** Shows the machines of the mesh as a table. */
import { useComputed } from '@preact/signals'
import { count } from '../../format/format.ts'
import { State } from '../../parts/layout.tsx'
import { Age } from '../../parts/moments.tsx'
import { Name } from '../../parts/names.tsx'
import { type Column, Table } from '../../parts/table.tsx'
import { words } from '../../words/words.ts'
import { inOrder, type Look, lookOf, type Machine } from './machines-on-map.ts'
import { wayOf } from './map.tsx'
import type { FollowedTraffic } from './use-traffic.ts'

const text = words.mesh

const tones = {
  self: 'good',
  there: 'good',
  late: 'warn',
  draining: 'busy',
  waiting: 'warn',
  away: 'off',
} as const satisfies Record<Look, string>

interface TableProps {
  readonly machines: readonly Machine[]
  readonly followed: FollowedTraffic
  readonly chosen: string | null
  readonly hrefOf: (agent: string) => string
}

/** Shows each machine with its way, its hardware and its tasks. Its name opens its card. */
export function MachinesTable({ machines, followed, chosen, hrefOf }: TableProps) {
  const columns: readonly Column<Machine>[] = [
    {
      head: text.columns.name,
      cell: ({ agent, name }) => (
        <a href={hrefOf(agent)} data-agent={agent}>
          <Name text={name} />
        </a>
      ),
    },
    { head: text.columns.state, cell: (machine) => <LookState machine={machine} /> },
    { head: text.columns.way, cell: wayOf },
    { head: text.columns.roundTrip, cell: ({ path }) => text.ms(path?.rtt_ms ?? null), figures: true },
    { head: text.columns.cores, cell: ({ cpu_cores }) => count(cpu_cores), figures: true },
    { head: text.columns.memory, cell: ({ ram_gb }) => text.gib(ram_gb), figures: true },
    { head: text.columns.models, cell: modelsOf },
    { head: text.columns.load, cell: ({ details }) => text.load(details?.load ?? null), figures: true },
    {
      head: text.columns.tasks,
      cell: ({ agent }) => <Tasks agent={agent} followed={followed} />,
      figures: true,
    },
    { head: text.columns.seen, cell: (machine) => <Seen machine={machine} /> },
  ]
  return (
    <div class="card">
      <Table
        label={text.machines}
        columns={columns}
        rows={inOrder(machines)}
        keyOf={({ agent }) => agent}
        marked={chosen}
      />
    </div>
  )
}

/** Shows how many tasks a machine has. Only the figure changes with it, and not the table. */
function Tasks({ agent, followed }: { agent: string; followed: FollowedTraffic }) {
  return <>{useComputed(() => count(followed.figures.value.counts.get(agent) ?? 0))}</>
}

/** Shows the state of a machine as a coloured word. */
export function LookState({ machine }: { machine: Machine }) {
  const look = lookOf(machine)
  return <State tone={tones[look]}>{machine.state === 'left' ? text.left : text.looks[look]}</State>
}

/** Shows when the last proof of life of a machine came. */
export function Seen({ machine: { self, seen_ms_ago: ago } }: { machine: Machine }) {
  if (self) return text.now
  return ago === null ? text.never : <Age at={Date.now() - ago} />
}

function modelsOf({ models, details }: Machine): string {
  const loaded = details?.models.filter((one) => one.loaded).length ?? 0
  return text.modelCount(models.length, loaded)
}
