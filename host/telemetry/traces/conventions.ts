/**
 * Names the spans and their attributes: OpenTelemetry's conventions for HTTP and for generative AI (schema gen-ai/1.42.0, still in
 * development), and Ripple's own. No attribute holds a prompt, an answer or a secret.
 */
import type { Attributes } from '@opentelemetry/api'
import type { EventOf } from '../catalogue.ts'
import type { RequestHead } from './port.ts'

/** The inputs of a model by the names of the conventions. */
const operations = { text: 'text_completion', chat: 'chat', embed: 'embeddings' } as const

/** Returns name and attributes of a request's span. */
export function requestSpan({ method, route }: RequestHead): { name: string; attributes: Attributes } {
  return {
    name: `${method} ${route}`,
    attributes: { 'http.request.method': method, 'http.route': route, 'url.scheme': 'http' },
  }
}

/** Returns the attribute of a request's status. */
export function statusAttributes(status: number): Attributes {
  return { 'http.response.status_code': status }
}

/** Returns name and attributes of the span of a run. */
export function runSpan({ task, attempt, model, input }: EventOf<'run_started'>): {
  name: string
  attributes: Attributes
} {
  const operation = operations[input]
  return {
    name: model === null ? operation : `${operation} ${model}`,
    attributes: {
      ...{ 'gen_ai.operation.name': operation, 'gen_ai.provider.name': 'ripple' },
      ...(model === null ? {} : { 'gen_ai.request.model': model }),
      ...taskAttributes(task, attempt),
    },
  }
}

/** Returns the attributes of a run's cost, in tokens. */
export function usageAttributes(tokens_in: number, tokens_out: number): Attributes {
  return { 'gen_ai.usage.input_tokens': tokens_in, 'gen_ai.usage.output_tokens': tokens_out }
}

/** Returns the attribute of a failure, by its code. */
export function errorAttributes(code: string): Attributes {
  return { 'error.type': code }
}

/** Returns the attributes of a task, by its hash. */
export function taskAttributes(task: string, attempt?: number): Attributes {
  return { 'ripple.task': task, ...(attempt === undefined ? {} : { 'ripple.attempt': attempt }) }
}

/** Returns the attribute of the other machine, by its agent. */
export function peerAttributes(agent: string): Attributes {
  return { 'ripple.peer': agent }
}

/** Returns the attribute of what became of an offer, a check or a task. */
export function outcomeAttributes(outcome: string): Attributes {
  return { 'ripple.outcome': outcome }
}

/** Returns the attributes of a task's end. */
export function endAttributes({ outcome, priority, place }: EventOf<'task_closed'>): Attributes {
  return { ...outcomeAttributes(outcome), 'ripple.priority': priority, 'ripple.place': place }
}

/** Returns the attribute of a payload's size, in bytes. */
export function payloadAttributes(bytes: number): Attributes {
  return { 'ripple.payload.bytes': bytes }
}
