/** Selects the facts of a decision that the audit file stores. */
import type { DecisionPoint } from '../types/decision.ts'
import type { Json } from '../types/json.ts'
import type { KeptFact } from './audit-lines.ts'

/** The longest text of a stored fact, in characters. */
const TEXT_CHARS = 128

/** The facts that the audit file stores, by name: none of them can be a prompt, a secret or a payload. */
const kept: Readonly<Record<DecisionPoint, readonly string[]>> = {
  post: namesIn(
    `class model.name model.digest sensitivity data_class only_self payload_bytes priority fallback trace_id`,
  ),
  run: namesIn(`stage class poster own model.name model.digest sensitivity data_class payload_bytes priority input_type
    max_tokens tools trace_id`),
  egress: namesIn(`provider provider_kind data_class secrets_found pii_found budget_left`),
  tool: namesIn(`server server_kind tool arguments_bytes data_class secrets_found calls_left`),
  mcp: namesIn(`tool effect scope in_scope read_only arguments_bytes`),
  allocate: namesIn(
    `resource_type holder own cpu_cores memory_mib disk_mib gpu_count model.name duration_ms renewal running`,
  ),
  merge:
    namesIn(`stage trigger task_type answered min_parallel cloud_answered degraded_allowed agreement min_agreement
    require_consensus eval_gate trace_id`),
}

/** Returns the names in a text, after those of every decision. */
function namesIn(text: string): string[] {
  return ['network', 'principal.kind', 'principal.name', ...text.split(/\s+/)]
}

/** Returns the facts of a decision that may be stored, by name; `model.name` is the field `name` of `model`. */
export function keptFacts(
  point: DecisionPoint,
  facts: { readonly [name: string]: Json },
): Record<string, KeptFact> {
  const found = kept[point].map((name) => [name, shortFact(factAt(facts, name))] as const)
  return Object.fromEntries(found.filter((pair): pair is [string, KeptFact] => pair[1] !== undefined))
}

function factAt(facts: Json, name: string): Json | undefined {
  return name
    .split('.')
    .reduce<Json | undefined>(
      (inner, field) =>
        inner !== null && typeof inner === 'object' && !Array.isArray(inner)
          ? (inner as { readonly [name: string]: Json })[field]
          : undefined,
      facts,
    )
}

function shortFact(fact: Json | undefined): KeptFact | undefined {
  if (typeof fact === 'string') return fact.slice(0, TEXT_CHARS)
  return fact === null || typeof fact === 'number' || typeof fact === 'boolean' ? fact : undefined
}
