import type { RendezvousEffect } from '../../../../host/rendezvous/effect.ts'
import type { Hello } from '../../../../host/rendezvous/hello.ts'
import type { RendezvousInput } from '../../../../host/rendezvous/input.ts'
import { rendezvousPlanner } from '../../../../host/rendezvous/planner.ts'
import type { RendezvousState } from '../../../../host/rendezvous/state.ts'

type Core = typeof rendezvousPlanner

/** Planners with a defect that was put in on purpose, and a part of the violation that must be found. */
export const rendezvousBugs: Readonly<Record<string, { readonly planner: Core; readonly finds: RegExp }>> = {
  /** Two servers that meet both go on. */
  never_stops: {
    planner: without((effect) => effect.type === 'stop_server'),
    finds: /servers in the group/,
  },
  /** Nobody greets but to ask for a server, or to renew the way to it. */
  tells_nobody: {
    planner: without((effect, state) => effect.type === 'greet' && isTelling(state, effect.peer)),
    finds: /servers in the group/,
  },
  /** A silent server is trusted for ever. */
  trusts_silence: {
    planner: taking((input) => input.type !== 'unanswered'),
    finds: /does not lead to/,
  },
  /** Old sightings of a dead server count as new ones. */
  trusts_old_sightings: {
    planner: hearing((hello, at) => ({
      ...hello,
      sighting: hello.sighting && { ...hello.sighting, pulse: at },
    })),
    finds: /does not lead to|servers in the group/,
  },
  /** A newcomer serves before it has heard of the others. */
  starts_at_once: {
    planner: {
      ...rendezvousPlanner,
      planOf: (state, subject, now) =>
        rendezvousPlanner.planOf({ ...state, changedAt: state.changedAt - 3_600_000 }, subject, now),
    },
    finds: /changes of servers with newcomers/,
  },
}

function without(isLeftOut: (effect: RendezvousEffect, state: RendezvousState) => boolean): Core {
  return {
    ...rendezvousPlanner,
    planOf: (state, subject, now) => {
      const { actions, wake } = rendezvousPlanner.planOf(state, subject, now)
      return { actions: actions.filter((effect) => !isLeftOut(effect, state)), wake }
    },
  }
}

function taking(isTaken: (input: RendezvousInput) => boolean): Core {
  return {
    ...rendezvousPlanner,
    apply: (state, input) => (isTaken(input) ? rendezvousPlanner.apply(state, input) : state),
  }
}

function hearing(heard: (hello: Hello, at: number) => Hello): Core {
  return {
    ...rendezvousPlanner,
    apply: (state, input) => {
      const changed = input.type === 'heard' ? { ...input, hello: heard(input.hello, input.at) } : input
      return rendezvousPlanner.apply(state, changed)
    },
  }
}

function isTelling(state: RendezvousState, peer: string): boolean {
  return (
    (state.route !== null || state.own !== null) &&
    state.route?.via !== peer &&
    state.neighbours.get(peer)?.hello != null
  )
}
