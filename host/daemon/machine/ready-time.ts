/** Sets the deadline for the start of a daemon. */
import { limits } from '../../limits.ts'
import { conductorStartsMs } from '../../processes/conductor.ts'

/**
 * Milliseconds that a daemon may take to be ready before its starter gives up. It is the sum of the deadlines of the
 * parts that start one after the other; the engine loads in parallel. Each part ends at its own deadline and reports
 * its failure, so this deadline is for a daemon that reports nothing. With a new hApp, one conductor compiles it and
 * another one then continues. After `ripple restore` the chains of its app come from the peers, and then those of the
 * epoch before.
 */
export const daemonReadyMs =
  limits.bootstrap_ready_ms +
  2 * (limits.conductor_stop_ms + conductorStartsMs) +
  limits.conductor_admin_ms +
  2 * limits.restore_ms +
  limits.peers_view_ms +
  limits.peer_word_ms
