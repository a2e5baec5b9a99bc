/** Sets the defaults of the work loop. */
import { limits } from '../../limits.ts'
import type { MeshConfig } from '../../mesh/state/state.ts'
import type { WorkBounds } from './context.ts'

/** The settings of the work loop: the mesh's rules and the bounds of its effects. */
export type WorkConfig = MeshConfig & WorkBounds

/** The defaults of a daemon. */
export const defaultWorkConfig: WorkConfig = {
  self: 'last',
  works: true,
  held_grants_max: limits.held_grants_max,
  runs_max: 1,
  offer_wait_ms: limits.offer_wait_ms,
  offer_again_ms: limits.offer_again_ms,
  lease_renewals: limits.lease_renewals,
  silence_ms: limits.silence_ms,
  standby_list_ms: limits.standby_list_ms,
  standby_step_ms: limits.standby_step_ms,
  clock_skew_ms: limits.clock_skew_ms,
  peer_away_ms: limits.presence_every_ms * limits.presence_missed_max,
  retry_ms: limits.retry_ms,
  max_action_seq: limits.max_action_seq,
  epoch_ms: limits.epoch_ms,
  task_life_ms: limits.task_life_ms,
  answer_life_ms: limits.answer_life_ms,
  message_send_ms: limits.message_send_ms,
  artifact_fetch_ms: limits.artifact_fetch_ms,
  tokens_every_ms: limits.tokens_every_ms,
  tokens_told_ms: limits.tokens_told_ms,
  stop_ms: limits.work_stop_ms,
}
