/** Keeps the canvas of the map painted: while something moves at each frame, and otherwise only after a change. */
import { mapLimits } from '../../../limits/map.ts'
import { Arrangement, fitted, type Place } from './arrangement.ts'
import { edgesOf, inOrder, lookOf, type Machine, routeTo } from './machines-on-map.ts'
import { type Palette, paintCounts, paintStill, paintTrips, radiusFor, type Scene } from './paint.ts'
import type { Traffic, Trip } from './traffic.ts'

/** The media queries that the map follows. */
const DARK = '(prefers-color-scheme: dark)'
const CALM = '(prefers-reduced-motion: reduce)'

/** Whether the person wants nothing to move. */
function wantsCalm(): boolean {
  return matchMedia(CALM).matches
}

/** The map on its canvas. */
export class Stage {
  readonly #canvas: HTMLCanvasElement
  readonly #paper: CanvasRenderingContext2D
  readonly #still = document.createElement('canvas')
  readonly #traffic: Traffic
  readonly #placed: (places: ReadonlyMap<string, Place>) => void
  readonly #arrangement = new Arrangement()
  readonly #routes = new Map<string, readonly string[]>()
  readonly #dark = matchMedia(DARK)
  #machines: readonly Machine[] = []
  #scene: Scene
  #frame: number | null = null
  #isSettled = false
  #isStale = true

  /** `placed` gets the place of each machine, in pixels, once it stands still. */
  constructor(
    canvas: HTMLCanvasElement,
    paper: CanvasRenderingContext2D,
    traffic: Traffic,
    placed: (places: ReadonlyMap<string, Place>) => void,
  ) {
    this.#canvas = canvas
    this.#paper = paper
    this.#traffic = traffic
    this.#placed = placed
    this.#scene = {
      ...{ width: 0, height: 0, places: new Map(), dots: [], edges: [], chosen: null, radius: 0 },
      palette: paletteOf(canvas),
    }
    this.#dark.addEventListener('change', this.#recolour)
  }

  /** Shows these machines, one of them chosen. */
  show(machines: readonly Machine[], chosen: string | null): void {
    this.#machines = inOrder(machines)
    this.#routes.clear()
    const edges = edgesOf(this.#machines)
    const dots = this.#machines.map((one) => ({ agent: one.agent, name: one.name, look: lookOf(one) }))
    this.#scene = { ...this.#scene, edges, dots, chosen }
    this.#arrangement.update(
      dots.map(({ agent }) => agent),
      edges,
    )
    this.#isSettled = false
    this.#isStale = true
    this.wake()
  }

  /** Takes the size of the canvas in pixels of the page. */
  resize(width: number, height: number): void {
    const ratio = devicePixelRatio || 1
    for (const one of [this.#canvas, this.#still]) {
      one.width = Math.round(width * ratio)
      one.height = Math.round(height * ratio)
      one.getContext('2d')?.setTransform(ratio, 0, 0, ratio, 0, 0)
    }
    this.#scene = { ...this.#scene, width, height }
    this.#isSettled = false
    this.#isStale = true
    this.wake()
  }

  /** Paints at the next frame, and goes on while something moves. */
  wake(): void {
    this.#frame ??= requestAnimationFrame(this.#paint)
  }

  /** Ends it. */
  end(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame)
    this.#dark.removeEventListener('change', this.#recolour)
  }

  readonly #recolour = (): void => {
    this.#scene = { ...this.#scene, palette: paletteOf(this.#canvas) }
    this.#isStale = true
    this.wake()
  }

  readonly #paint = (now: number): void => {
    this.#frame = null
    const calm = wantsCalm()
    if (!this.#isSettled) {
      const ms = calm ? Number.POSITIVE_INFINITY : mapLimits.map_settle_ms
      this.#isSettled = this.#arrangement.settle(ms, () => performance.now())
      const { width, height, dots } = this.#scene
      const places = fitted(this.#arrangement.places(), width, height)
      this.#scene = { ...this.#scene, places, radius: radiusFor(dots.length, width, height) }
      this.#isStale = true
      if (this.#isSettled) this.#placed(this.#scene.places)
    }
    if (this.#isStale) {
      const still = this.#still.getContext('2d')
      if (still) paintStill(still, this.#scene)
      this.#isStale = false
    }
    const trips = calm ? [] : this.#traffic.moving(now)
    const { width, height } = this.#scene
    this.#paper.clearRect(0, 0, width, height)
    if (width > 0 && height > 0) this.#paper.drawImage(this.#still, 0, 0, width, height)
    paintCounts(this.#paper, this.#scene, this.#traffic.counts())
    paintTrips(this.#paper, this.#scene, trips, this.#routeOf, now)
    if (!this.#isSettled || trips.length > 0) this.wake()
  }

  readonly #routeOf = ({ from, to, what }: Trip): readonly string[] => {
    const [far, key] = what === 'task' ? [to, `to ${to}`] : [from, `from ${from}`]
    const known = this.#routes.get(key)
    if (known !== undefined) return known
    const there = routeTo(this.#machines, far)
    const route = what === 'task' ? there : [...there].reverse()
    this.#routes.set(key, route)
    return route
  }
}

/** Returns the page's colours: a canvas knows no variables. */
function paletteOf(canvas: HTMLCanvasElement): Palette {
  const colour = (name: string): string => {
    canvas.style.color = `var(--${name})`
    return getComputedStyle(canvas).color
  }
  const palette = {
    paper: colour('card'),
    ink: colour('ink'),
    soft: colour('soft'),
    accent: colour('accent'),
    good: colour('good'),
    warn: colour('warn'),
  }
  canvas.style.color = ''
  return palette
}
