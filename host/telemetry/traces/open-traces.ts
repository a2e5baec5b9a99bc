/** Opens the traces of this machine: spans go to a collector by OTLP over HTTP, in batches. */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { RippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { orAborted } from '../../types/or-aborted.ts'
import type { Emit } from '../events.ts'
import { failureOf } from '../history.ts'
import { followSpans } from './follow-spans.ts'
import type { Traces } from './port.ts'

/** The collector, and what the spans say about this machine. */
export interface TraceNeeds {
  /** The URL at which the collector takes spans. */
  readonly endpoint: string
  /** Headers of each export, which may hold a secret. */
  readonly headers: Readonly<Record<string, string>>
  /** The machine's name and the version of its daemon. */
  readonly name: string
  readonly version: string
  readonly now: () => number
  readonly emit: Emit
}

/**
 * Opens the traces. A collector that is away costs the spans of that time and one event; nothing waits for it. Disposing ends
 * all spans and sends what waits.
 */
export function openTraces(needs: TraceNeeds): Traces {
  const { endpoint: url, headers, name, version, now, emit } = needs
  const timeoutMillis = limits.trace_export_ms
  const exporter = new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis })
  const processor = new BatchSpanProcessor({
    exporter: reporting(exporter, needs),
    maxQueueSize: limits.trace_queue_max,
    maxExportBatchSize: limits.trace_batch_max,
    scheduledDelayMillis: limits.trace_every_ms,
    exportTimeoutMillis: limits.trace_export_ms,
  })
  const resource = resourceFromAttributes({
    'service.name': 'ripple',
    'service.version': version,
    'service.instance.id': name,
  })
  const spanLimits = { attributeValueLengthLimit: limits.trace_text_max }
  const provider = new TracerProvider({ resource, spanLimits, spanProcessors: [processor] })
  const tracer = provider.getTracer('ripple', version)
  const { stop, ...traces } = followSpans({ tracer, now }, (from) => emit({ type: 'trace_dropped', from }))
  return {
    ...traces,
    [Symbol.asyncDispose]: async () => {
      stop()
      await orAborted(provider.shutdown(), AbortSignal.timeout(limits.trace_flush_ms)).catch(() => {})
    },
  }
}

/** Returns an exporter that reports the first failure after a success. */
function reporting(exporter: SpanExporter, { endpoint, emit }: Omit<TraceNeeds, 'headers'>): SpanExporter {
  const { origin, pathname } = new URL(endpoint)
  let isFailing = false
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.code !== SUCCESS
        if (failed && !isFailing) {
          const detail = detailOf(result.error)
          const unsent = new RippleError('RIPPLE_TRACES_UNSENT', { url: `${origin}${pathname}`, detail })
          emit({ type: 'traces_unsent', spans: spans.length, ...failureOf(unsent) })
        }
        isFailing = failed
        done(result)
      }),
    shutdown: () => exporter.shutdown(),
  }
}

/** Returns why an export failed, without the text of the collector, which is not trusted with the log. */
function detailOf(error: (Error & { code?: unknown }) | undefined): string {
  return typeof error?.code === 'number' ? `status ${error.code}` : error?.message || 'no answer'
}

/** The code of an export that the collector took (`ExportResultCode.SUCCESS` of OpenTelemetry's core). */
const SUCCESS = 0
