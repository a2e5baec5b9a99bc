/** Defines the inputs of the rendezvous. */
import type { LoopInput } from '../planning/planner.ts'
import type { Millis } from '../types/events.ts'
import type { Hello, PeerId } from './hello.ts'

/** Something that happened on this machine or its network. `at` is this machine's own clock. */
export type RendezvousEvent =
  /** A peer was discovered: by mDNS, by another peer's hello, or by an address that a person named. */
  | { readonly type: 'found'; readonly peer: PeerId; readonly at: Millis }
  /** The first connection to a peer opened, or a new one replaced it. */
  | { readonly type: 'opened'; readonly peer: PeerId; readonly at: Millis }
  /** The last connection to a peer closed. */
  | { readonly type: 'closed'; readonly peer: PeerId; readonly at: Millis }
  /** A peer said hello, by itself or in answer. An adapter takes the input in first, and answers with `helloOf` after it. */
  | {
      readonly type: 'heard'
      readonly peer: PeerId
      readonly hello: Hello
      /** Whether it answers a hello of this machine. */
      readonly isAnswer: boolean
      readonly at: Millis
    }
  /** A greeting found no connection, or got no answer in time. */
  | { readonly type: 'unanswered'; readonly peer: PeerId; readonly at: Millis }
  /** The own server serves. */
  | { readonly type: 'server_up'; readonly at: Millis }
  /** The own server could not start, or ended by itself. */
  | { readonly type: 'server_failed'; readonly at: Millis }
  /** The own server was stopped as planned. */
  | { readonly type: 'server_stopped'; readonly at: Millis }
  /** The forwarder leads to this machine's own server, or to this peer. */
  | { readonly type: 'pointed'; readonly to: PeerId; readonly at: Millis }

/** An input: an event, or what the loop itself reports. */
export type RendezvousInput = RendezvousEvent | LoopInput
