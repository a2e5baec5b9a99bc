/** Holds the facts that a person tries a policy with, at first those of a usual request. */
import type { AnswerOf, InputOf } from '../../daemon/call.ts'

/** A decision point. */
export type Point = AnswerOf<'policy.list'>['policies'][number]['name']

type Facts = Exclude<InputOf<'policy.decide'>['facts'], string>

/** A fact with its usual value, and the values that it can have if they are few. */
export interface Example {
  /** The place in the facts: `model.name` is the field `name` of `model`. */
  readonly name: string
  readonly usual: string | number | boolean
  readonly choices?: readonly string[]
}

const dataClass = {
  name: 'data_class',
  usual: 'private',
  choices: ['public', 'internal', 'private', 'secret'],
}
const taskClass = {
  name: 'class',
  usual: 'inference',
  choices: ['inference', 'build', 'storage_heavy', 'agent_task'],
}
const digest = { name: 'model.digest', usual: 'a'.repeat(64) }

/** The facts of each point that its shipped policy reads. */
export const examples: Readonly<Record<Point, readonly Example[]>> = {
  post: [
    taskClass,
    { name: 'model.name', usual: 'tiny' },
    digest,
    { name: 'sensitivity', usual: 'private', choices: ['public', 'private'] },
    { name: 'fallback', usual: 'none', choices: ['none', 'agents', 'any'] },
    dataClass,
    { name: 'only_self', usual: false },
    { name: 'payload_bytes', usual: 120 },
    { name: 'payload_bytes_max', usual: 1_048_576 },
  ],
  run: [
    { name: 'stage', usual: 'run', choices: ['claim', 'run'] },
    taskClass,
    { name: 'poster', usual: 'uhCAk…' },
    { name: 'own', usual: false },
    { name: 'model.name', usual: 'tiny' },
    digest,
    { name: 'input_type', usual: 'chat', choices: ['text', 'chat', 'embed'] },
    { name: 'max_tokens', usual: 256 },
    { name: 'tools', usual: 0 },
  ],
  egress: [
    { name: 'provider', usual: 'acme' },
    { name: 'provider_kind', usual: 'http', choices: ['http', 'program'] },
    { ...dataClass, usual: 'public' },
    { name: 'secrets_found', usual: 0 },
    { name: 'pii_found', usual: 0 },
    { name: 'budget_left', usual: 1 },
  ],
  tool: [
    { name: 'server', usual: 'files' },
    { name: 'server_kind', usual: 'stdio', choices: ['stdio', 'http'] },
    { name: 'tool', usual: 'read_file' },
    { name: 'arguments_bytes', usual: 20 },
    dataClass,
    { name: 'secrets_found', usual: 0 },
    { name: 'calls_left', usual: 1 },
  ],
  mcp: [
    { name: 'tool', usual: 'resources.schedule_task' },
    { name: 'effect', usual: 'write', choices: ['read', 'write', 'destroy'] },
    { name: 'in_scope', usual: true },
    { name: 'read_only', usual: false },
    { name: 'arguments_bytes', usual: 20 },
    { name: 'principal.name', usual: 'cursor' },
  ],
  allocate: [
    { name: 'resource_type', usual: 'inference', choices: ['compute', 'inference', 'storage'] },
    { name: 'holder', usual: 'uhCAk…' },
    { name: 'model.name', usual: 'tiny' },
    digest,
    { name: 'own', usual: false },
    { name: 'cpu_cores', usual: 2 },
    { name: 'memory_mib', usual: 1_024 },
    { name: 'duration_ms', usual: 3_600_000 },
  ],
  merge: [
    { name: 'trigger', usual: 'request', choices: ['request', 'change_making_task', 'evaluation'] },
    { name: 'task_type', usual: 'general', choices: ['general', 'reasoning', 'code_generation', 'review'] },
    { name: 'answered', usual: 3 },
    { name: 'cloud_answered', usual: 0 },
    { name: 'min_parallel', usual: 3 },
    { name: 'degraded_allowed', usual: false },
    { name: 'agreement', usual: 0.8 },
    { name: 'min_agreement', usual: 0.6 },
    { name: 'require_consensus', usual: true },
    { name: 'eval_gate', usual: 'off', choices: ['off', 'passed', 'failed', 'no_card'] },
  ],
}

/** Returns the facts that were typed, as a policy gets them, with the owner's allows. Empty texts are left out, so that a missing fact can be tried. */
export function factsOf(
  point: Point,
  typed: Readonly<Record<string, string | boolean>>,
  allows: Facts[string] = [],
): Facts {
  const facts: Facts = point === 'egress' || point === 'tool' ? { allows } : {}
  for (const { name, usual } of examples[point]) {
    const value = typed[name] ?? usual
    if (value === '') continue
    const fact = typeof usual === 'number' ? Number(value) : value
    const [first = '', inner] = name.split('.')
    facts[first] = inner === undefined ? fact : { ...(facts[first] as object | undefined), [inner]: fact }
  }
  return facts
}
