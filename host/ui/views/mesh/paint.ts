/** Paints the map of the mesh: what stands still, and what moves above it. */
import { mapLimits } from '../../../limits/map.ts'
import type { Edge, Place } from './arrangement.ts'
import type { Look } from './machines-on-map.ts'
import type { Trip } from './traffic.ts'

/** The colours of the page, as the canvas takes them. */
export interface Palette {
  readonly paper: string
  readonly ink: string
  readonly soft: string
  readonly accent: string
  readonly good: string
  readonly warn: string
}

/** A machine on the map. */
interface Dot {
  readonly agent: string
  readonly name: string
  readonly look: Look
}

/** Everything that the map shows while nothing moves. */
export interface Scene {
  readonly width: number
  readonly height: number
  readonly places: ReadonlyMap<string, Place>
  readonly dots: readonly Dot[]
  readonly edges: readonly Edge[]
  readonly chosen: string | null
  /** Radius of a machine in pixels. */
  readonly radius: number
  readonly palette: Palette
}

type Canvas = CanvasRenderingContext2D

const WHOLE = 2 * Math.PI
/** Radius of a machine in pixels: at most, at least, and how much larger this machine is. */
const RADIUS_MAX = 11
const RADIUS_MIN = 5
const SELF_LARGER = 1.3
/** The least radius that a count fits into, and the largest count that is written out. */
const COUNT_RADIUS_MIN = 8
const COUNT_MAX = 99
/** Radius of a task that moves. */
const TASK_RADIUS = 4
const LABEL_PX = 12
/** The most characters of a name on the map. */
const NAME_CHARS_MAX = 22
const FONT = `${LABEL_PX}px system-ui, "DejaVu Sans", sans-serif`
const DASHES: Readonly<Record<Edge['kind'], readonly number[]>> = {
  direct: [],
  relayed: [7, 5],
  conductor: [1.5, 5],
}

/** Returns the radius of machines in pixels: they may fill a part of the map. */
export function radiusFor(machines: number, width: number, height: number): number {
  const share = Math.sqrt((width * height) / Math.max(1, machines)) / 7
  return Math.min(RADIUS_MAX, Math.max(RADIUS_MIN, share))
}

function radiusOf(look: Look, { radius }: Scene): number {
  return look === 'self' ? SELF_LARGER * radius : radius
}

/** Paints ways, machines and names. A name that would cover another one, or a machine, is left out. */
export function paintStill(canvas: Canvas, scene: Scene): void {
  const { width, height, dots, edges, places, palette } = scene
  canvas.clearRect(0, 0, width, height)
  canvas.lineCap = 'round'
  canvas.strokeStyle = palette.soft
  canvas.lineWidth = 1.5
  for (const { from, to, kind } of edges) {
    const [start, end] = [places.get(from), places.get(to)]
    if (start === undefined || end === undefined) continue
    canvas.setLineDash([...DASHES[kind]])
    canvas.beginPath()
    canvas.moveTo(start.x, start.y)
    canvas.lineTo(end.x, end.y)
    canvas.stroke()
  }
  for (const dot of dots) paintDot(canvas, dot, scene)
  canvas.setLineDash([])
  paintNames(canvas, scene)
}

function paintDot(canvas: Canvas, { agent, look }: Dot, scene: Scene): void {
  const { places, palette, chosen } = scene
  const place = places.get(agent)
  if (place === undefined) return
  const colour = { self: palette.accent, there: palette.good, late: palette.warn, draining: palette.accent }
  const edge = look === 'waiting' ? palette.warn : look === 'away' ? palette.soft : colour[look]
  canvas.setLineDash(look === 'waiting' || look === 'away' ? [3, 3] : [])
  canvas.beginPath()
  canvas.arc(place.x, place.y, radiusOf(look, scene), 0, WHOLE)
  canvas.fillStyle = isHollow(look) ? palette.paper : edge
  canvas.fill()
  canvas.strokeStyle = edge
  canvas.lineWidth = 2
  canvas.stroke()
  if (agent !== chosen) return
  canvas.setLineDash([])
  canvas.beginPath()
  canvas.arc(place.x, place.y, radiusOf(look, scene) + 5, 0, WHOLE)
  canvas.strokeStyle = palette.ink
  canvas.stroke()
}

function paintNames(canvas: Canvas, scene: Scene): void {
  const { dots, places, palette, chosen, width } = scene
  canvas.font = FONT
  canvas.textAlign = 'center'
  canvas.textBaseline = 'top'
  canvas.lineJoin = 'round'
  const taken: Box[] = dots.flatMap((dot) => boxOf(dot, scene))
  const first = [...dots].sort((one, other) => rank(other, chosen) - rank(one, chosen))
  for (const { agent, name, look } of first) {
    const place = places.get(agent)
    if (place === undefined) continue
    const text = plainName(name)
    const half = canvas.measureText(text).width / 2
    const x = Math.min(Math.max(place.x, half + 2), width - half - 2)
    const top = place.y + radiusOf(look, scene) + 5
    const box = { left: x - half - 3, right: x + half + 3, top, bottom: top + LABEL_PX + 2 }
    const isCovered = taken.some(
      (one) => one.left < box.right && box.left < one.right && one.top < box.bottom && box.top < one.bottom,
    )
    if (isCovered) continue
    taken.push(box)
    canvas.strokeStyle = palette.paper
    canvas.lineWidth = 3
    canvas.strokeText(text, x, top)
    canvas.fillStyle = look === 'away' ? palette.soft : palette.ink
    canvas.fillText(text, x, top)
  }
}

interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

function boxOf({ agent, look }: Dot, scene: Scene): Box[] {
  const place = scene.places.get(agent)
  if (place === undefined) return []
  const half = radiusOf(look, scene)
  const { x, y } = place
  return [{ left: x - half, right: x + half, top: y - half, bottom: y + half }]
}

function rank({ agent, look }: Dot, chosen: string | null): number {
  if (agent === chosen) return 3
  return look === 'self' ? 2 : look === 'away' ? 0 : 1
}

/** Returns a name as the canvas shows it: short, and without characters that turn the direction of a text. */
export function plainName(name: string): string {
  const plain = name.replace(/[\p{Cc}\p{Cf}]/gu, '')
  const letters = [...plain]
  return letters.length <= NAME_CHARS_MAX ? plain : `${letters.slice(0, NAME_CHARS_MAX - 1).join('')}…`
}

/** Paints into each machine how many tasks it has. */
export function paintCounts(canvas: Canvas, scene: Scene, counts: ReadonlyMap<string, number>): void {
  const { places, palette, dots, radius } = scene
  canvas.font = '700 11px system-ui, "DejaVu Sans", sans-serif'
  canvas.textAlign = 'center'
  canvas.textBaseline = 'middle'
  if (radius < COUNT_RADIUS_MIN) return
  for (const { agent, look } of dots) {
    const [count, place] = [counts.get(agent) ?? 0, places.get(agent)]
    if (count === 0 || place === undefined) continue
    canvas.fillStyle = isHollow(look) ? palette.ink : palette.paper
    canvas.fillText(count > COUNT_MAX ? `${COUNT_MAX}+` : String(count), place.x, place.y + 0.5)
  }
}

function isHollow(look: Look): boolean {
  return look === 'draining' || look === 'waiting' || look === 'away'
}

/** Paints the tasks and answers that are under way. `routeOf` names the machines on the way between two. */
export function paintTrips(
  canvas: Canvas,
  { places, palette }: Scene,
  trips: readonly Trip[],
  routeOf: (trip: Trip) => readonly string[],
  now: number,
): void {
  for (const what of ['task', 'answer'] as const) {
    canvas.beginPath()
    for (const trip of trips) {
      if (trip.what !== what) continue
      const way = routeOf(trip).flatMap((agent) => places.get(agent) ?? [])
      const at = along(way, (now - trip.startsAt) / mapLimits.map_trip_ms)
      if (at === null) continue
      canvas.moveTo(at.x + TASK_RADIUS, at.y)
      canvas.arc(at.x, at.y, TASK_RADIUS, 0, WHOLE)
    }
    canvas.fillStyle = what === 'task' ? palette.accent : palette.good
    canvas.fill()
    canvas.strokeStyle = palette.paper
    canvas.lineWidth = 1
    canvas.stroke()
  }
}

/** Returns the place at a share of a way, slow at both ends; null for a way without an end. */
export function along(way: readonly Place[], share: number): Place | null {
  const legs = way.length - 1
  if (legs < 1) return null
  const eased = share <= 0 ? 0 : share >= 1 ? 1 : share * share * (3 - 2 * share)
  const leg = Math.min(legs - 1, Math.floor(eased * legs))
  const [from, to] = [way[leg], way[leg + 1]]
  if (from === undefined || to === undefined) return null
  const part = eased * legs - leg
  return { x: from.x + part * (to.x - from.x), y: from.y + part * (to.y - from.y) }
}
