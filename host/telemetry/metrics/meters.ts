/** Holds the values of the declared metrics. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { type Labels, type LabelsOf, type Metric, type MetricName, metrics } from './definitions.ts'

/** The values of all metrics. A label's value that is not declared, and a number that is not finite, changes nothing. */
export interface Meters {
  /** Adds to a counter; a negative amount changes nothing. */
  add<N extends MetricName>(name: N, labels: LabelsOf<N>, by?: number): void
  /** Sets a gauge, or the total of a counter that is counted elsewhere; null removes the sample of a gauge. */
  set<N extends MetricName>(name: N, labels: LabelsOf<N>, value: number | null): void
  /** Adds a sample to a histogram. */
  observe<N extends MetricName>(name: N, labels: LabelsOf<N>, value: number): void
  /** Returns all series in the text form of Prometheus. */
  text(): Promise<string>
}

/** The content type of that text. */
export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE

/** Opens the metrics. Counters and histograms begin with every series at zero, so their number never grows. */
export function openMeters(): Meters {
  const registry = new Registry()
  const made = new Map<string, Counter | Gauge | Histogram>()
  for (const [name, metric] of Object.entries<Metric>(metrics)) made.set(name, make(name, metric, registry))
  const find = <T>(kind: new (...given: never[]) => T, name: MetricName): T | null => {
    const one = made.get(name)
    return one instanceof kind ? one : null
  }
  return {
    add: (name, labels, by = 1) => {
      const known = declared(metrics[name].labels, labels)
      if (known !== null && Number.isFinite(by) && by >= 0) find(Counter, name)?.inc(known, by)
    },
    set: (name, labels, value) => {
      const known = declared(metrics[name].labels, labels)
      if (known === null || (value !== null && !Number.isFinite(value))) return
      const total = find(Counter, name)
      total?.remove(known)
      total?.inc(known, value ?? 0)
      const one = find(Gauge, name)
      if (value === null) one?.remove(known)
      else one?.set(known, value)
    },
    observe: (name, labels, value) => {
      const known = declared(metrics[name].labels, labels)
      if (known !== null && Number.isFinite(value) && value >= 0) find(Histogram, name)?.observe(known, value)
    },
    text: () => registry.metrics(),
  }
}

function make(name: string, metric: Metric, registry: Registry): Counter | Gauge | Histogram {
  const { type, about: help, labels, buckets } = metric
  const common = { name, help, labelNames: Object.keys(labels), registers: [registry] }
  if (type === 'gauge') return new Gauge(common)
  if (type === 'counter') {
    const one = new Counter(common)
    for (const values of combinations(labels)) one.inc(values, 0)
    return one
  }
  const one = new Histogram({ ...common, buckets: [...buckets] })
  for (const values of combinations(labels)) one.zero(values)
  return one
}

/** Returns all combinations of the labels' values. */
function combinations(labels: Labels): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (before, [label, values]) => before.flatMap((one) => values.map((value) => ({ ...one, [label]: value }))),
    [{}],
  )
}

/** Returns the labels with declared values only; null where a value is not declared and nothing stands for others. */
function declared(labels: Labels, given: Readonly<Record<string, string>>): Record<string, string> | null {
  const found: Record<string, string> = {}
  for (const [label, values] of Object.entries(labels)) {
    const value = values.find((one) => one === given[label]) ?? values.find((one) => one === 'other')
    if (value === undefined) return null
    found[label] = value
  }
  return found
}
