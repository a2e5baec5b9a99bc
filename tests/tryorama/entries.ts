import type { EntryOf } from '../../host/types/events.ts'
import { sha256Hex } from '../harness/sha256.ts'

const parameters = { max_tokens: 16, temperature_milli: 0, top_p_milli: 1000, top_k: 0, context_tokens: 512 }

/** sha256 of a text, as lower-case hex: any digest does where nobody looks behind it. */
export function digest(text: string): string {
  return sha256Hex(text)
}

/** A valid task. */
export function task(dna_hash: string, changes: Partial<EntryOf<'Task'>> = {}): EntryOf<'Task'> {
  return {
    type: 'Task',
    dna_hash,
    id: 'scenario-task-01',
    class: 'inference',
    work: { type: 'model', name: 'tiny', digest: digest('model') },
    requirements: { cpu_cores: 0, memory_mib: 0, disk_mib: 0, gpu_count: 0, vram_mib: 0, tags: [] },
    payload_digest: digest('payload'),
    payload_bytes: 64,
    sensitivity: 'private',
    deterministic: null,
    deadlines_ms: { queue: 60_000, run: 60_000, total: 120_000 },
    lease_ms: 30_000,
    max_attempts: 3,
    redundancy: 1,
    depends_on: [],
    priority: 'interactive',
    placement: { prefer: 'any', strategy: 'locality_aware_binpack' },
    fallback: null,
    created_at: 1_700_000_000_000,
    ...changes,
  }
}

/** The first grant of a task. */
export function grant(
  dna_hash: string,
  about: string,
  worker: string,
  changes: Partial<EntryOf<'Grant'>> = {},
): EntryOf<'Grant'> {
  return {
    type: 'Grant',
    dna_hash,
    task: about,
    prev: about,
    attempt: 1,
    worker,
    lease_ms: 30_000,
    reason: 'none',
    prefix_digest: null,
    ...changes,
  }
}

/** A finished run under the first grant. */
export function result(
  dna_hash: string,
  about: string,
  authority: string,
  changes: Partial<EntryOf<'Result'>> = {},
): EntryOf<'Result'> {
  return {
    type: 'Result',
    dna_hash,
    task: about,
    authority,
    attempt: 1,
    status: { type: 'ok' },
    output: { digest: digest('output'), bytes: 6, cid: `bafkrei${'a'.repeat(52)}`, encrypted: true },
    model_digest: digest('model'),
    template_digest: null,
    engine_build: 'test',
    backend_class: 'test/cpu-x64',
    parameters,
    seed: 1,
    usage: { tokens_in: 3, tokens_out: 5, cpu_ms: 7, wall_ms: 11, peak_rss_bytes: 13 },
    policy_hash: null,
    ...changes,
  }
}

/** A cancelled task; with `accepted`, an accepted result. */
export function close(
  dna_hash: string,
  about: string,
  prev: string,
  accepted: string | null = null,
): EntryOf<'Close'> {
  return {
    type: 'Close',
    dna_hash,
    task: about,
    prev,
    outcome: accepted === null ? 'cancelled' : 'accepted',
    result: accepted,
    superseded: [],
    checks: accepted === null ? ['none'] : ['digest', 'length'],
  }
}
