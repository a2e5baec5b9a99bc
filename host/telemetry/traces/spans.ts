/** Begins and ends spans, and translates their contexts. */
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { traceparentForm } from '../../types/trace-context.ts'
import { errorAttributes } from './conventions.ts'

/** The source of spans, and the clock by which they begin and end, in milliseconds since 1970. */
export interface SpanNeeds {
  readonly tracer: Tracer
  readonly now: () => number
}

/** What a span begins with; it begins now, and inside this machine, if nothing else is said. */
export interface Beginning {
  readonly parent: Context
  readonly attributes: Attributes
  readonly kind?: SpanKind
  readonly at?: number
}

/** Begins a span. */
export function begin({ tracer, now }: SpanNeeds, name: string, given: Beginning): Span {
  const { parent, attributes, kind, at = now() } = given
  return tracer.startSpan(
    name,
    { attributes, startTime: at, ...(kind === undefined ? {} : { kind }) },
    parent,
  )
}

/** Ends a span, as failed if a code of an error is named. */
export function end(span: Span, at: number, attributes: Attributes = {}, code: string | null = null): void {
  span.setAttributes(attributes)
  if (code !== null) span.setAttributes(errorAttributes(code)).setStatus({ code: SpanStatusCode.ERROR })
  span.end(at)
}

/** Returns the context in which a span is the parent. */
export function under(span: Span): Context {
  return trace.setSpan(ROOT_CONTEXT, span)
}

/** Returns the `traceparent` of a span. */
export function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

/** Returns the context in which the span of a `traceparent` is the parent; null for a malformed one. */
export function contextOf(traceparent: unknown): Context | null {
  const { trace: traceId, span: spanId, flags } = match(traceparent)
  if (traceId === undefined || spanId === undefined || flags === undefined) return null
  const traceFlags = Number.parseInt(flags, 16)
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}

function match(traceparent: unknown): Record<string, string | undefined> {
  return (typeof traceparent === 'string' && traceparentForm.exec(traceparent)?.groups) || {}
}
