// How long a daemon may take to be ready.
import { limits } from '../limits.ts'
import { conductorStartsMs } from '../supervise/conductor.ts'

/**
 * How long a daemon may take to be ready before whoever started it gives it up, in milliseconds: the sum of what its parts may
 * take one after the other; the engine loads beside them. Each part ends at its own deadline and says what failed, so this
 * one is for a daemon that says nothing. One with a new hApp starts a conductor to compile it and another to go on with; after
 * `ripple restore` the chains of its app come from the peers, and then those of the epoch before.
 */
export const daemonReadyMs =
  limits.bootstrap_ready_ms +
  2 * (limits.conductor_stop_ms + conductorStartsMs) +
  limits.conductor_admin_ms +
  2 * limits.restore_ms +
  limits.peers_view_ms +
  limits.peer_word_ms
