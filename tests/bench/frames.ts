import { quantile, round } from './compare.ts'

/** An event of the browser's trace. Times are in microseconds. */
export interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  readonly args?: { readonly name?: string }
}

/** The kinds of events that a trace must have. */
export const traceKinds = ['devtools.timeline', 'disabled-by-default-devtools.timeline', '__metadata']

/** Events of running scripts and of collecting their garbage, then those of computing styles and places. */
const SCRIPT = new Set(
  `EvaluateScript FunctionCall FireAnimationFrame TimerFire RunMicrotasks EventDispatch v8.run MinorGC MajorGC
  V8.GCScavenger V8.GCFinalizeMC V8.GCIncrementalMarking XHRReadyStateChange FireIdleCallback`.split(/\s+/),
)
const LAYOUT = new Set(['UpdateLayoutTree', 'Layout', 'RecalculateStyles', 'PrePaint', 'HitTest'])
const TASK = new Set(['RunTask', 'ThreadControllerImpl::RunTask'])
const isFrame = ({ name, ph }: TraceEvent): boolean => name === 'AnimationFrame' && ph === 'b'

/** The cost of a page's frames in milliseconds, and their number in a second. */
export interface Frames {
  readonly frames: number
  readonly frames_a_second: number
  readonly script_and_layout: { readonly median: number; readonly p95: number; readonly max: number }
  /** The whole main thread, with painting and the browser's own work. */
  readonly main_thread: { readonly median: number; readonly p95: number; readonly max: number }
  /** Share of the frames that took longer than 50 ms from the one before. */
  readonly late_percent: number
}

/** Reads the frames of the page out of a trace: of the renderer that drew the most. */
export function framesOf(trace: readonly TraceEvent[]): Frames {
  const main = mainThread(trace)
  const starts = main.filter(isFrame).map(({ ts }) => ts)
  const starting = starts.toSorted((a, b) => a - b)
  const cost = (names: ReadonlySet<string>): number[] => costs(main, names, starting)
  const both = new Set([...SCRIPT, ...LAYOUT])
  const gaps = starting.slice(1).map((start, at) => (start - (starting[at] ?? 0)) / 1_000)
  const seconds = gaps.reduce((sum, gap) => sum + gap, 0) / 1_000
  return {
    frames: gaps.length,
    frames_a_second: round(gaps.length / (seconds || 1), 1),
    script_and_layout: figures(cost(both)),
    main_thread: figures(cost(TASK)),
    late_percent: round((100 * gaps.filter((gap) => gap > 50).length) / (gaps.length || 1), 2),
  }
}

function mainThread(trace: readonly TraceEvent[]): TraceEvent[] {
  const threads = Map.groupBy(trace, ({ pid, tid }) => `${pid} ${tid}`)
  const drawn = (events: readonly TraceEvent[]): number => events.filter(isFrame).length
  return [...threads.values()].toSorted((one, other) => drawn(other) - drawn(one))[0] ?? []
}

/** Returns for each frame the milliseconds until the next one in which an event of these names ran; nested ones count once. */
function costs(
  events: readonly TraceEvent[],
  names: ReadonlySet<string>,
  starts: readonly number[],
): number[] {
  const spans = events
    .filter(({ name, ph, dur = 0 }) => ph === 'X' && dur > 0 && names.has(name))
    .toSorted((one, other) => one.ts - other.ts)
  const sums: number[] = Array.from({ length: Math.max(0, starts.length - 1) }, () => 0)
  let [frame, until] = [0, 0]
  for (const { ts, dur = 0 } of spans) {
    const from = Math.max(ts, until)
    const took = ts + dur - from
    if (took <= 0) continue
    until = ts + dur
    while (frame < sums.length && from >= (starts[frame + 1] ?? 0)) frame += 1
    if (frame < sums.length && from >= (starts[frame] ?? 0)) sums[frame] = (sums[frame] ?? 0) + took / 1_000
  }
  return sums
}

function figures(sample: readonly number[]) {
  return {
    median: round(quantile(sample, 0.5), 2),
    p95: round(quantile(sample, 0.95), 2),
    max: round(Math.max(0, ...sample), 2),
  }
}
