import type { ProviderRequest } from '../../../host/providers/port.ts'

/** A user's turn, with changes. */
export function request(changes: Partial<ProviderRequest> = {}): ProviderRequest {
  return {
    model: 'small',
    max_tokens: 64,
    trace_id: null,
    input: { type: 'text', text: 'Name a river.', template: 'auto' },
    format: { type: 'text' },
    stop: [],
    penalties: { frequency_milli: 0, presence_milli: 0 },
    temperature_milli: 0,
    top_p_milli: 1_000,
    top_k: 0,
    seed: null,
    ...changes,
  }
}
