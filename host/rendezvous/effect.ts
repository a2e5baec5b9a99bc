/** Defines the effects of the rendezvous. */
import type { Paced, PlanItem as PlanItemOf, Plan as PlanOf } from '../planning/planner.ts'
import type { PeerId } from './hello.ts'

/** Something for the adapter to do. */
export type RendezvousAct =
  /** Start the own server on loopback, then report `server_up` or `server_failed`. */
  | { readonly type: 'start_server' }
  /** Stop the own server, then report `server_stopped`. */
  | { readonly type: 'stop_server' }
  /**
   * Lead the forwarder to the own server, if `to` is this machine, else to that peer's daemon; then report `pointed`. A
   * daemon carries an incoming stream on to where its own forwarder leads, so a way may have several hops.
   */
  | { readonly type: 'point_at'; readonly to: PeerId }
  /**
   * Exchange hellos with a peer, over a connection that is open or dialled now. The hello is `helloOf` of the state when
   * it is sent. Then report `heard` or `unanswered`.
   */
  | { readonly type: 'greet'; readonly peer: PeerId }

/** An effect with the key that paces it. */
export type RendezvousEffect = RendezvousAct & Paced

/** The plan for one subject. */
export type Plan = PlanOf<RendezvousEffect>

/** One finding of a rule: an effect, or a time to look again. */
export type PlanItem = PlanItemOf<RendezvousEffect>
