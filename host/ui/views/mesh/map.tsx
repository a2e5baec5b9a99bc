/** Shows the map of the mesh: a canvas, with a button above each machine. */
import { useSignal } from '@preact/signals'
import { useEffect, useId, useRef } from 'preact/hooks'
import { inSentence } from '../../format/in-sentence.ts'
import { words } from '../../words/words.ts'
import { nextTowards, type Place } from './arrangement.ts'
import { inOrder, lookOf, type Machine } from './machines-on-map.ts'
import { plainName } from './paint.ts'
import { Stage } from './stage.ts'
import type { FollowedTraffic } from './use-traffic.ts'

const text = words.mesh

/** The steps of the arrow keys. */
const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
}

interface MapProps {
  readonly machines: readonly Machine[]
  readonly followed: FollowedTraffic
  readonly chosen: string | null
  readonly onChoose: (agent: string) => void
}

/** Shows the map. Each machine is a button; the arrow keys go from one to the next in their direction. */
export function MeshMap({ machines, followed, chosen, onChoose }: MapProps) {
  const [canvas, stage] = [useRef<HTMLCanvasElement>(null), useRef<Stage | null>(null)]
  const places = useSignal<ReadonlyMap<string, Place>>(new Map())
  useEffect(() => {
    const [element, paper] = [canvas.current, canvas.current?.getContext('2d')]
    if (!element || !paper) return
    const mine = new Stage(element, paper, followed.traffic, (found) => {
      places.value = found
    })
    stage.current = mine
    const sizes = new ResizeObserver(() => mine.resize(element.clientWidth, element.clientHeight))
    sizes.observe(element)
    const off = followed.listen(() => mine.wake())
    return () => {
      off()
      sizes.disconnect()
      mine.end()
    }
  }, [followed])
  useEffect(() => stage.current?.show(machines, chosen), [followed, machines, chosen])
  return (
    <div class="mesh-map">
      <canvas ref={canvas} role="img" aria-label={summaryOf(machines)} />
      <Buttons {...{ machines, places: places.value, chosen, onChoose }} />
    </div>
  )
}

interface ButtonsProps extends Omit<MapProps, 'followed'> {
  readonly places: ReadonlyMap<string, Place>
}

function Buttons({ machines, places, chosen, onChoose }: ButtonsProps) {
  const box = useRef<HTMLUListElement>(null)
  const hint = useId()
  const entry = useSignal<string | null>(null)
  const shown = inOrder(machines).filter(({ agent }) => places.has(agent))
  // One stop of the Tab key for the whole map.
  const stop =
    [entry.value, chosen].find((agent) => shown.some((one) => one.agent === agent)) ?? shown[0]?.agent
  const move = (event: KeyboardEvent, from: string): void => {
    const step = STEPS[event.key]
    const next = step && nextTowards(places, from, step)
    if (!step) return
    event.preventDefault()
    if (next) box.current?.querySelector<HTMLElement>(`[data-agent="${CSS.escape(next)}"]`)?.focus()
  }
  return (
    <>
      <p id={hint} class="unseen">
        {text.mapKeys}
      </p>
      <ul ref={box} aria-label={text.machines}>
        {shown.map((machine) => (
          <li key={machine.agent} ref={(element) => placeAt(element, places.get(machine.agent))}>
            <button
              type="button"
              data-agent={machine.agent}
              tabIndex={machine.agent === stop ? 0 : -1}
              title={plainName(machine.name)}
              aria-label={text.machineLabel(
                inSentence(machine.name),
                text.looks[lookOf(machine)],
                wayOf(machine),
              )}
              aria-pressed={machine.agent === chosen}
              aria-describedby={hint}
              onFocus={() => {
                entry.value = machine.agent
              }}
              onKeyDown={(event) => move(event, machine.agent)}
              onClick={() => onChoose(machine.agent)}
            />
          </li>
        ))}
      </ul>
    </>
  )
}

function placeAt(element: HTMLElement | null, place: Place | undefined): void {
  if (element && place) element.style.translate = `${place.x}px ${place.y}px`
}

/** Returns the way to a machine in words. */
export function wayOf({ self, path }: Machine): string {
  if (self || path === null) return self ? text.ways.self : text.ways.none
  return path.kind === 'relayed'
    ? text.ways.relayed(path.by === null ? null : inSentence(path.by))
    : text.ways[path.kind]
}

function summaryOf(machines: readonly Machine[]): string {
  const others = machines.filter(({ self }) => !self)
  const count = (kind: string): number => others.filter(({ path }) => path?.kind === kind).length
  const away = others.filter((one) => lookOf(one) === 'away').length
  return text.summary(machines.length, count('direct'), count('relayed'), count('conductor'), away)
}
