/** Shows the card of one machine: its hardware, its models, the way to it, and what can be done with it. */
import { useEffect, useRef } from 'preact/hooks'
import { cut } from '../../format/cut.ts'
import { count, several } from '../../format/format.ts'
import { inSentence } from '../../format/in-sentence.ts'
import { Hash } from '../../parts/hash.tsx'
import { Bar, Facts } from '../../parts/layout.tsx'
import { Duration } from '../../parts/moments.tsx'
import { Name } from '../../parts/names.tsx'
import { machine as here } from '../../state/machines.ts'
import { hrefOf } from '../../state/route.ts'
import { words } from '../../words/words.ts'
import { MachineActions } from './machine-actions.tsx'
import { MachineTasks } from './machine-tasks.tsx'
import type { Machine } from './machines-on-map.ts'
import { LookState, Seen } from './machines-table.tsx'
import { wayOf } from './map.tsx'
import { Rows } from './rows.tsx'

const text = words.mesh
/** The load from which a bar warns. */
const TIGHT = 0.9
/** The most characters of a card's tags. */
const TEXT_CHARS_MAX = 400

interface CardProps {
  readonly machine: Machine
  /** Tasks that it has of this machine, or that this machine runs. */
  readonly tasks: number
  readonly onClose: () => void
}

/** Shows a machine. Its title gets the focus, so that a screen reader says it. */
export function MachineCard({ machine, tasks, onClose }: CardProps) {
  const { agent, name, self, version, path, state } = machine
  const title = useRef<HTMLHeadingElement>(null)
  useEffect(() => title.current?.focus(), [])
  return (
    <section class="card mesh-card" aria-label={inSentence(name)}>
      <div class="head">
        <h2 ref={title} tabIndex={-1}>
          <Name text={self ? words.parts.thisMachine(name) : name} />
        </h2>
        <button type="button" class="quiet small" onClick={onClose}>
          {words.parts.close}
        </button>
      </div>
      <p>
        <LookState machine={machine} />
        {machine.waiting !== null && <span class="hint"> {text.waitsFor[machine.waiting]}</span>}
      </p>
      <MachineActions machine={machine} />
      <Facts
        facts={[
          [text.facts.seen, self ? null : <Seen key="seen" machine={machine} />],
          [text.facts.seenBy, self || !machine.seen_by ? null : text.proofs[machine.seen_by]],
          [text.facts.way, self ? null : wayOf(machine)],
          [text.facts.roundTrip, path?.rtt_ms == null ? null : <Duration ms={path.rtt_ms} />],
          [text.facts.tasks, count(tasks)],
          [text.facts.version, version],
          [text.facts.key, <Hash key="key" hash={agent} />],
        ]}
      />
      {path?.kind === 'conductor' && <p class="hint">{text.conductorHint}</p>}
      {state === 'unreachable' && <p class="hint">{text.awayHint}</p>}
      <Load machine={machine} />
      <Gives machine={machine} />
      <Models machine={machine} />
      <MachineTasks machine={machine} />
    </section>
  )
}

/** Returns texts of a card in one, cut where it is very long. */
function texts(all: readonly string[]): string {
  return cut(all.join(', '), TEXT_CHARS_MAX)
}

function Load({ machine: { details, held_grants: held } }: { machine: Machine }) {
  const load = details?.load
  if (!load) return null
  const bars: readonly [string, number][] = [
    [text.loads.cpu, load.cpu_percent],
    ...(details.gpus.length === 0 ? [] : [[text.loads.gpu, load.gpu_percent] as [string, number]]),
    [text.loads.memory, load.memory_percent],
  ]
  return (
    <>
      <h3>{text.loadTitle}</h3>
      {bars.map(([label, percent]) => (
        <Bar
          key={label}
          label={label}
          share={percent / 100}
          text={text.percent(percent)}
          tone={percent / 100 > TIGHT ? 'tight' : 'plain'}
        />
      ))}
      {held !== null && (
        <p class="hint">{held === 0 ? text.heldNone : text.held(several(held, text.task, text.tasks))}</p>
      )}
    </>
  )
}

/** Shows what the owner gives. A card has the result of the owner's rules, and not the rules themselves. */
function Gives({ machine }: { machine: Machine }) {
  const { details, self, cpu_cores: cores, ram_gb: memory, state } = machine
  const paused = self ? here.value?.paused : null
  const takes =
    state === 'draining' || (self && here.value?.draining) || paused ? words.parts.no : words.parts.yes
  return (
    <>
      <h3>{text.givesTitle}</h3>
      <Facts
        facts={[
          [text.facts.takes, state === 'unreachable' || state === 'left' ? null : takes],
          [text.facts.paused, paused],
          [text.facts.cores, details ? text.coresOf(cores, details.cpu_arch) : count(cores)],
          [text.facts.memory, text.gib(memory)],
          [
            text.facts.gpus,
            details && texts(details.gpus.map(({ model, vram_gb }) => text.gpu(model, vram_gb))),
          ],
          [text.facts.disk, details && text.gib(details.disk_gb)],
          [text.facts.places, details && count(details.places)],
          [text.facts.speed, details?.tokens_per_second ? text.speed(details.tokens_per_second) : null],
          [text.facts.region, details?.region],
          [text.facts.tags, details && texts(details.tags)],
        ]}
      />
      <p class="hint">{self ? <a href={hrefOf('settings')}>{text.ownRules}</a> : text.rulesHint}</p>
    </>
  )
}

function Models({ machine: { details, models } }: { machine: Machine }) {
  const rows = details?.models ?? []
  return (
    <>
      <h3>{text.modelsTitle}</h3>
      {models.length === 0 && <p class="hint">{text.noModels}</p>}
      <Rows
        rows={rows}
        keyOf={({ sha256, name }) => `${sha256} ${name}`}
        row={({ name, context_tokens, loaded }) => (
          <>
            <Name text={name} />
            <span class="soft">{text.modelFacts(count(context_tokens), loaded)}</span>
          </>
        )}
      />
    </>
  )
}
