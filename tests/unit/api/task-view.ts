import type { TaskView } from '../../../host/operations/context.ts'

/** A task in some state, with nothing else known. */
export function taskView(id: string, state: TaskView['state']): TaskView {
  return {
    id,
    task: 'uhCkk',
    state,
    wire_state: 'queued',
    ended: null,
    model: null,
    prompt: null,
    poster: 'p',
    priority: 'interactive',
    placement: { prefer: 'any', strategy: 'locality_aware_binpack' },
    fallback_after_ms: null,
    depends_on: [],
    worker: null,
    attempts: [],
    claims: [],
    max_attempts: 3,
    held_by: null,
    stand_ins: null,
    output: null,
    result: null,
    close: null,
    usage: null,
    refusals: [],
    receipt: null,
    times: { posted_at: 0, granted_at: null, started_at: null, result_at: null, closed_at: null },
    forks: [],
  }
}
