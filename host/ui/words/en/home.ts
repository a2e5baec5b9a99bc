/** Holds the text of the first view. */
import type { EventName, EventOf } from '../../../telemetry/catalogue.ts'

/** A sentence in pieces: words, a machine by its key, or a name that somebody chose. */
export type Sentence = readonly (string | { readonly machine: string } | { readonly name: string })[]

const ownStates = { connected: 'connected', syncing: 'catching up', isolated: 'alone' }

const machine = (agent: string) => ({ machine: agent })
const name = (text: string) => ({ name: text })

/** Says what an event means, for the events that people want to see. */
const happenings: { readonly [N in EventName]?: (event: EventOf<N>) => Sentence | null } = {
  task_state: ({ state, peer }) => {
    const said = taskStates[state]
    if (said === undefined) return null
    return peer === null ? [said] : [said, ', on ', machine(peer)]
  },
  run_started: () => ['A run began on this machine'],
  run_ended: ({ status }) => [runEnds[status]],
  peer_seen: ({ agent }) => [machine(agent), ' is there'],
  peer_gone: ({ agent, state }) => [machine(agent), state === 'left' ? ' has left' : ' is out of reach'],
  peer_waiting: ({ agent, where }) => {
    if (where === null) return [machine(agent), ' and this machine have accepted each other']
    return [
      machine(agent),
      where === 'here' ? ' waits to be accepted here' : ' has not accepted this machine yet',
    ]
  },
  own_state: ({ state, why }) => [`This machine is ${ownStates[state]}: ${why}`],
  member_revoked: ({ agent }) => ['The membership of ', machine(agent), ' was revoked'],
  member_refused: ({ reason }) => [`A machine that is not a member was refused: ${reason}`],
  invite_redeemed: ({ agent }) => [machine(agent), ' joined with an invite of this machine'],
  invite_refused: ({ reason }) => [`A machine with an invite was refused: ${reason}`],
  beat_failed: ({ detail }) => [`The presence of this machine could not be sent: ${detail}`],
  model_pulled: (model) => ['The model ', name(model.name), ' was pulled'],
  model_removed: () => ["A model's file was removed"],
  model_loaded: (model) => ['The model ', name(model.name), ' was loaded into memory'],
  model_unloaded: (model) => ['The model ', name(model.name), ' left the memory'],
  gpu_failed: () => ['The GPU failed; the engine runs on the CPU until the daemon starts again'],
  server_unreachable: () => ["The network's server does not answer"],
  process_crashed: ({ child }) => [
    child === 'conductor'
      ? 'The conductor ended, and starts again'
      : "The network's server ended, and starts again",
  ],
  conductor_lost: () => ['The connection with the conductor was lost'],
  conductor_connected: () => ['The conductor is connected'],
  chains_held: ({ detail }) => [`This machine may not write: ${detail}`],
  chains_freed: () => ['This machine may write again'],
  chains_restoring: () => ["This machine's chains are being fetched from other machines"],
  epoch_opened: ({ epoch }) => [`The epoch ${epoch} was opened`],
  epoch_left: ({ epoch }) => [`The epoch ${epoch} was archived`],
  receipt_unwritten: ({ detail }) => [`A receipt could not be written: ${detail}`],
  sharing_paused: ({ why }) => [
    why === null ? 'Work of others is paused' : `Work of others is paused: ${why}`,
  ],
  sharing_resumed: () => ['Work of others is taken again'],
}

const taskStates: Readonly<Record<string, string>> = {
  posted: 'A task of this machine was posted',
  offered: 'A task of this machine looks for a machine',
  granted: 'A task of this machine was granted',
  running: 'A task of this machine runs',
  delivered: 'A task of this machine has a result',
  accepted: 'A task of this machine is done',
  failed: 'A task of this machine failed',
  cancelled: 'A task of this machine was cancelled',
  expired: 'A task of this machine ran out of time',
}

const runEnds = {
  ok: 'A run on this machine is done',
  failed: 'A run on this machine failed',
  aborted: 'A run on this machine was stopped, because nobody wants it any more',
}

export const home = {
  here: {
    title: 'This machine',
    state: ownStates,
    started: 'Started',
    takes: 'Work of others',
    takesYes: 'is taken',
    draining: 'is not taken: this machine drains',
    paused: (why: string) => `is paused: ${why}`,
    refused: 'is not taken: this machine may not write',
    models: 'Models',
    noModels: 'none yet',
  },
  alone: {
    title: 'You are the first one here',
    about:
      'A mesh is made of several machines that work for each other. No other machine has been seen on this network yet. Invite one: it needs Ripple and one line, which the next page shows.',
    invite: 'Invite a machine',
  },
  wrong: {
    title: 'Is anything wrong?',
    checking: 'Looking …',
    again: 'Look again',
    good: 'all well',
    warn: 'worth a look',
    bad: 'needs you',
    fix: 'What to do:',
    findings: 'All findings',
  },
  others: {
    title: 'Other machines',
    states: {
      online: 'there',
      suspect: 'late',
      unreachable: 'out of reach',
      left: 'gone',
      draining: 'takes no new work',
    },
    waiting: 'waits to be accepted',
    none: 'Nobody else is here.',
    all: 'All machines',
    more: (count: string) => `and ${count} more`,
  },
  now: {
    title: 'Running now',
    none: 'Nothing runs at the moment.',
    ask: 'Ask a question',
    held: (tasks: string) => `${tasks} of other machines here`,
    task: 'task',
    tasks: 'tasks',
    states: {
      posted: 'waits for a machine',
      offered: 'looks for a machine',
      granted: 'about to run',
      running: 'runs',
      delivered: 'being checked',
    } as Readonly<Record<string, string>>,
    on: ' on ',
    all: 'All tasks',
    unnamed: 'A task',
  },
  today: {
    title: 'Given and received today',
    given: 'Given',
    received: 'Received',
    own: 'For itself',
    tokens: (tokens: string) => `${tokens} tokens`,
    none: 'Nothing yet.',
    about:
      'Counted by UTC day: the runs that ended here for others, and the results that were accepted from others.',
    all: 'Usage over time',
  },
  lately: {
    title: 'Lately',
    none: 'Nothing has happened since the daemon started.',
    sentence: happenings as Readonly<Record<string, ((event: never) => Sentence | null) | undefined>>,
  },
}
