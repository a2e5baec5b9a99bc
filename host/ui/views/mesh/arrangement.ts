/** Arranges machines on the map: this machine in the middle, the others around it. */
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3-force'

/** The way between two machines: a connection of this machine, or the second half of one through a relay. */
export interface Edge {
  readonly from: string
  readonly to: string
  readonly kind: 'direct' | 'relayed' | 'conductor'
}

/** A place on the map. */
export interface Place {
  readonly x: number
  readonly y: number
}

interface Link extends SimulationLinkDatum<Spot> {
  readonly kind: keyof typeof LENGTHS
}

interface Spot extends SimulationNodeDatum {
  readonly id: string
}

/** Lengths in units of the layout, which the map scales to its size. A machine without a way stands furthest. */
const LENGTHS = { direct: 90, relayed: 70, conductor: 120, none: 150 }
/** How strongly these lengths hold. */
const HOLD = 0.1
/** Distance that machines leave to each other, and how strongly they do. */
const APART = 30
const PUSH = -120
/** The warmth of a layout that is arranged again after a change. It ends below `STILL`. */
const WARM = 0.4
const STILL = 0.01

/** A layout that is settled step by step, and is still afterwards. The same machines get the same places. */
export class Arrangement {
  readonly #forces = forceSimulation<Spot>().stop()
  #spots = new Map<string, Spot>()
  #key = ''

  /** Takes the machines, the first of them in the middle. The same machines and ways as before move nothing. */
  update(ids: readonly string[], edges: readonly Edge[]): void {
    const key = JSON.stringify([ids, edges])
    if (key === this.#key) return
    const isFirst = this.#key === ''
    this.#key = key
    const [middle] = ids
    const spots = ids.map((id): Spot => this.#spots.get(id) ?? { id })
    for (const spot of spots) [spot.fx, spot.fy] = spot.id === middle ? [0, 0] : [null, null]
    this.#spots = new Map(spots.map((spot) => [spot.id, spot]))
    const linked = forceLink<Spot, Link>(this.#links(ids, edges))
      .id(({ id }) => id)
      .distance(({ kind }) => LENGTHS[kind])
      .strength(HOLD)
    this.#forces
      .nodes(spots)
      .force('links', linked)
      .force('push', forceManyBody<Spot>().strength(PUSH))
      .force('apart', forceCollide<Spot>(APART))
      .alpha(isFirst ? 1 : WARM)
  }

  #links(ids: readonly string[], edges: readonly Edge[]): Link[] {
    const known = edges.filter(({ from, to }) => this.#spots.has(from) && this.#spots.has(to))
    const reached = new Set(known.map(({ to }) => to))
    const [middle = '', ...others] = ids
    const apart = others.filter((id) => !reached.has(id))
    return [
      ...known.map(({ from, to, kind }): Link => ({ source: from, target: to, kind })),
      ...apart.map((id): Link => ({ source: middle, target: id, kind: 'none' })),
    ]
  }

  /** Settles for at most so many milliseconds of `clock`. Returns whether it is still now. */
  settle(ms: number, clock: () => number): boolean {
    const end = clock() + ms
    while (this.#forces.alpha() >= STILL) {
      this.#forces.tick()
      if (clock() >= end) break
    }
    return this.#forces.alpha() < STILL
  }

  /** Returns the place of each machine. */
  places(): ReadonlyMap<string, Place> {
    return new Map([...this.#spots.values()].map(({ id, x = 0, y = 0 }) => [id, { x, y }]))
  }
}

/** The room of the map around its machines, in pixels: labels stand below them. */
const MARGINS = { side: 56, top: 30, bottom: 40 }
/** The most pixels for a unit of the layout, and how much further it may be stretched one way than the other. */
const SCALE_MAX = 1.6
const STRETCH_MAX = 1.7

/** Returns the places in pixels of a map of that size, as large as they fit. */
export function fitted(
  places: ReadonlyMap<string, Place>,
  width: number,
  height: number,
): ReadonlyMap<string, Place> {
  const all = [...places.values()]
  const [left, right] = bounds(all.map(({ x }) => x))
  const [top, bottom] = bounds(all.map(({ y }) => y))
  const wide = (width - 2 * MARGINS.side) / (right - left || 1)
  const high = (height - MARGINS.top - MARGINS.bottom) / (bottom - top || 1)
  const most = Math.max(0, Math.min(SCALE_MAX, STRETCH_MAX * Math.min(wide, high)))
  const [sx, sy] = [Math.min(wide, most), Math.min(high, most)]
  const x0 = width / 2 - (sx * (left + right)) / 2
  const y0 = (height + MARGINS.top - MARGINS.bottom) / 2 - (sy * (top + bottom)) / 2
  return new Map([...places].map(([id, { x, y }]) => [id, { x: x0 + sx * x, y: y0 + sy * y }]))
}

function bounds(values: readonly number[]): [number, number] {
  return values.length === 0 ? [0, 0] : [Math.min(...values), Math.max(...values)]
}

/** Returns the machine that is next in a direction, which is given as a step; null without one. */
export function nextTowards(
  places: ReadonlyMap<string, Place>,
  from: string,
  step: readonly [number, number],
): string | null {
  const start = places.get(from)
  if (start === undefined) return null
  let found: { id: string; far: number } | null = null
  for (const [id, { x, y }] of places) {
    const along = (x - start.x) * step[0] + (y - start.y) * step[1]
    const aside = Math.abs((x - start.x) * step[1]) + Math.abs((y - start.y) * step[0])
    const far = along + 2 * aside
    if (id !== from && along > 0 && (found === null || far < found.far)) found = { id, far }
  }
  return found?.id ?? null
}
