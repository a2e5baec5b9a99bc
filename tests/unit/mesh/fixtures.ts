import { meshCore } from '../../../host/mesh/core.ts'
import { isGrant, isTask } from '../../../host/mesh/state/chain.ts'
import { type Held, nothingKnown } from '../../../host/mesh/state/held.ts'
import type { MeshInput } from '../../../host/mesh/state/input.ts'
import { emptyState, type MeshState } from '../../../host/mesh/state/state.ts'
import type { AgentKey, EventOf, MeshEvent } from '../../../host/types/events.ts'
import type { Peer } from '../../../host/types/peer.ts'
import { defaultWorkConfig } from '../../../host/work/context/config.ts'
import type { Requirements, Task } from '../../../zomes-bindings/generated/resource-mesh.ts'
import { cardOf, modelDigest } from '../../harness/sim/card.ts'

/** Now, for tests of pure functions. */
export const now = 1_800_000_000_000

/** Names stand for hashes here: the pure core never looks into them. */
export const self: AgentKey = 'poster'

/** A peer that was heard of just now. */
export function peer(agent: AgentKey, options: Partial<Parameters<typeof cardOf>[1]> = {}): Peer {
  return { agent, card: cardOf(agent, { name: agent, ...options }), presence: null, seenAt: now }
}

/** Requirements that every machine meets. */
export const nothing: Requirements = {
  cpu_cores: 0,
  memory_mib: 0,
  disk_mib: 0,
  gpu_count: 0,
  vram_mib: 0,
  tags: [],
}

/** A task that asks for nothing special. */
export function taskEntry(changes: Partial<Task> = {}): Task {
  return {
    dna_hash: 'dna',
    id: 'a key of sixteen bytes',
    class: 'inference',
    work: { type: 'model', name: 'sim', digest: modelDigest },
    requirements: nothing,
    payload_digest: '0'.repeat(64),
    payload_bytes: 1,
    sensitivity: 'private',
    deterministic: null,
    deadlines_ms: { queue: 60_000, run: 60_000, total: 600_000 },
    lease_ms: 10_000,
    max_attempts: 3,
    redundancy: 1,
    depends_on: [],
    priority: 'interactive',
    placement: { prefer: 'any', strategy: 'locality_aware_binpack' },
    fallback: null,
    created_at: now,
    ...changes,
  }
}

/** A Task on the poster's chain. */
export function taskEvent(changes: Partial<Task> = {}, hash = 'task'): EventOf<'Task'> {
  return { hash, author: self, seq: 1, at: now, entry: { type: 'Task', ...taskEntry(changes) } }
}

/** A Grant on the poster's chain. */
export function grantEvent(
  attempt: number,
  worker: AgentKey,
  changes: Partial<MeshEvent> = {},
): EventOf<'Grant'> {
  const prev = attempt === 1 ? 'task' : `grant ${attempt - 1}`
  const reason = attempt === 1 ? 'none' : 'expired'
  const entry = {
    type: 'Grant',
    dna_hash: 'dna',
    task: 'task',
    prev,
    attempt,
    worker,
    lease_ms: 10_000,
    reason,
    prefix_digest: null,
  } as const
  return { hash: `grant ${attempt}`, author: self, seq: 1 + attempt, at: now, ...changes, entry }
}

/** A Close on the poster's chain. */
export function closeEvent(prev: string, seq: number): EventOf<'Close'> {
  const entry = {
    type: 'Close',
    dna_hash: 'dna',
    task: 'task',
    prev,
    outcome: 'failed',
    result: null,
    superseded: [],
    checks: ['none'],
  } as const
  return {
    hash: `close after ${prev}`,
    author: self,
    seq,
    at: now,
    entry: { ...entry, superseded: [], checks: ['none'] },
  }
}

/** A Result on a worker's chain. */
export function resultEvent(
  attempt: number,
  author: AgentKey,
  status: 'ok' | 'failed' = 'ok',
): EventOf<'Result'> {
  return {
    hash: `result ${attempt}`,
    author,
    seq: 1,
    at: now,
    entry: {
      type: 'Result',
      dna_hash: 'dna',
      task: 'task',
      authority: `grant ${attempt}`,
      attempt,
      status: status === 'ok' ? { type: 'ok' } : { type: 'failed', code: 'engine_crashed' },
      output: status === 'ok' ? { digest: '0'.repeat(64), bytes: 1, cid: 'cid', encrypted: true } : null,
      model_digest: modelDigest,
      template_digest: null,
      engine_build: 'x',
      backend_class: 'x',
      parameters: { max_tokens: 1, temperature_milli: 0, top_p_milli: 1000, top_k: 0, context_tokens: 1 },
      seed: 1,
      usage: { tokens_in: 0, tokens_out: 0, cpu_ms: 0, wall_ms: 0, peak_rss_bytes: 0 },
      policy_hash: null,
    },
  }
}

/** The state after some inputs, from a daemon that knows these peers. */
export function stateAfter(inputs: readonly MeshInput[], peers: readonly Peer[] = []): MeshState {
  const start = meshCore.apply(emptyState(self, defaultWorkConfig), { type: 'peers_seen', peers, at: now })
  return inputs.reduce((state, input) => meshCore.apply(state, input), start)
}

/** An own event just written. */
export function committed(event: MeshEvent, at = now): MeshInput {
  return { type: 'committed', event, at }
}

/** A grant that a poster told of, of which only the Task is here. */
export function heldOf(grant: MeshEvent, task: MeshEvent, poster: AgentKey): Held {
  if (!isGrant(grant) || !isTask(task)) throw new TypeError('a Grant and its Task')
  const { attempt } = grant.entry
  return {
    ...nothingKnown,
    grant: grant.hash,
    task: task.hash,
    attempt,
    poster,
    since: now,
    knownAt: now,
    claimed: true,
    fallback: false,
    journalled: false,
    taskEvent: task,
  }
}

/** A payload of an answer that begins anew. */
export const anew = { prefix: '', prefix_digest: null } as const
