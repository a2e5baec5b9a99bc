/** Shows a task's request by the fields with which it was posted. */
import { RippleError } from '../../errors/ripple-error.ts'
import type { RequestView } from '../../operations/context.ts'
import { promptIn, type TaskRequest } from '../../work/poster/secrets.ts'

/** Returns the fields of a task's request. Throws `RIPPLE_TASK_REQUEST_GONE` without one. */
export function requestView(id: string, request: TaskRequest | null): RequestView {
  if (request === null) throw new RippleError('RIPPLE_TASK_REQUEST_GONE', { id })
  const { entry, payload, after } = request
  const { work, requirements, deadlines_ms, fallback, placement } = entry
  const { max_tokens, temperature_milli } = payload.parameters
  return {
    id: entry.id,
    prompt: promptIn(payload),
    whole: payload.input.type === 'text',
    model: work.type === 'model' ? work.name : null,
    prefer: placement.prefer,
    strategy: placement.strategy,
    cores: requirements.cpu_cores,
    memory_mib: requirements.memory_mib,
    disk_mib: requirements.disk_mib,
    gpus: requirements.gpu_count,
    vram_mib: requirements.vram_mib,
    tags: requirements.tags,
    max_tokens,
    temperature: temperature_milli / 1_000,
    seed: payload.seed,
    timeout_ms: deadlines_ms.total,
    queue_timeout_ms: deadlines_ms.queue,
    run_timeout_ms: deadlines_ms.run,
    lease_ms: entry.lease_ms,
    attempts: entry.max_attempts,
    public: entry.sensitivity === 'public',
    after: [...after],
    priority: entry.priority,
    fallback_after_ms: fallback?.after_ms ?? null,
    fallback_to: fallback?.allow.type === 'agents' ? fallback.allow.agents : [],
  }
}
