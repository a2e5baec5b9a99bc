/** Draws the counts by day. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import type { ByWay } from '../../format/usage-sums.ts'
import { words } from '../../words/words.ts'
import { figureOf, figureText, type Measure } from './measure.tsx'

/** A day with its sums; `at` is its beginning in UTC, in milliseconds since 1970. */
export interface Day {
  readonly day: string
  readonly at: number
  readonly sums: ByWay
}

interface ChartProps {
  readonly days: readonly Day[]
  readonly measure: Measure
}

/** The ways that are drawn. */
const drawn = ['given', 'received'] as const

/** The chart's height, and the font of its axes, in CSS pixels. */
const HEIGHT = 260
const FONT_PX = 12
/** Room for the figures of the axis on the left, in CSS pixels. */
const AXIS_WIDTH = 70
/** The width of a bar of a day, as a share of the day, and its most in CSS pixels. */
const BAR: [number, number] = [0.28, 28]
const DAY_S = 86_400

/** Shows bars for each day, and the figures of the day that is pointed at. */
export function Chart({ days, measure }: ChartProps) {
  const text = words.usage
  const place = useRef<HTMLDivElement>(null)
  const pointed = useSignal<number | null>(null)
  useEffect(() => {
    if (place.current) return draw(place.current, days, measure, pointed)
  }, [days, measure])
  const day = pointed.value === null ? undefined : days[pointed.value]
  return (
    <>
      <p class="legend">
        {drawn.map((way) => (
          <span key={way} class={way}>
            {text.ways[way]}
            {day && `: ${figureText(figureOf(day.sums[way], measure), measure)}`}
          </span>
        ))}
        <span class="soft">{day?.day ?? text.point}</span>
      </p>
      <div class="chart" ref={place} role="img" aria-label={text.chartOf(text.measures[measure])} />
    </>
  )
}

/** Draws the chart into an element, again when its width or the colours change. Returns a function that ends it. */
function draw(
  place: HTMLElement,
  days: readonly Day[],
  measure: Measure,
  pointed: { value: number | null },
): () => void {
  let plot: uPlot | null = null
  const data: uPlot.AlignedData = [
    days.map(({ at }) => at / 1_000),
    ...drawn.map((way) => days.map(({ sums }) => figureOf(sums[way], measure))),
  ]
  const again = (): void => {
    plot?.destroy()
    plot = new uPlot(optionsOf(place, days, measure, pointed), data, place)
  }
  again()
  const dark = matchMedia('(prefers-color-scheme: dark)')
  dark.addEventListener('change', again)
  const sized = new ResizeObserver(() => plot?.setSize({ width: place.clientWidth, height: HEIGHT }))
  sized.observe(place)
  return () => {
    dark.removeEventListener('change', again)
    sized.disconnect()
    plot?.destroy()
  }
}

function optionsOf(
  place: HTMLElement,
  days: readonly Day[],
  measure: Measure,
  pointed: { value: number | null },
): uPlot.Options {
  const colour = (name: string) => colourOf(place, name)
  const axis = {
    stroke: colour('--soft'),
    font: `${FONT_PX}px system-ui, sans-serif`,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
  }
  const [first = 0, last = 0] = [days[0]?.at, days.at(-1)?.at]
  return {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    tzDate: (at) => uPlot.tzDate(new Date(at * 1_000), 'UTC'),
    scales: {
      x: { range: [first / 1_000 - DAY_S * 0.6, last / 1_000 + DAY_S * 0.6] },
      y: { range: (_plot, _least, most) => [0, Math.max(1, most * 1.05)] },
    },
    axes: [
      {
        ...axis,
        incrs: [1, 2, 7, 14, 30, 90].map((each) => each * DAY_S),
        values: (_plot, at) => at.map(dayText),
      },
      { ...axis, size: AXIS_WIDTH, values: (_plot, at) => at.map((one) => labelOf(one, measure)) },
    ],
    series: [{}, barsOf(colour('--given'), -1), barsOf(colour('--received'), 1)],
    hooks: {
      setCursor: [
        ({ cursor }) => {
          pointed.value = cursor.idx ?? null
        },
      ],
    },
  }
}

/** Returns one series: the bars of a day stand side by side. */
function barsOf(colour: string, align: -1 | 1): uPlot.Series {
  const paths = uPlot.paths.bars?.({ size: BAR, align })
  return { stroke: colour, fill: colour, width: 0, points: { show: false }, ...(paths && { paths }) }
}

function dayText(at: number): string {
  return new Date(at * 1_000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
}

/** A count has no parts, so labels between two whole ones are left out. */
function labelOf(figure: number, measure: Measure): string {
  return measure !== 'run' && !Number.isInteger(figure) ? '' : figureText(figure, measure)
}

/** Returns the colour of a CSS variable as the browser resolves it, for the scheme that is shown. */
function colourOf(place: HTMLElement, name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  place.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
