/** Describes the machines of the mesh as the map shows them. */
import type { AnswerOf } from '../../daemon/call.ts'
import type { Edge } from './arrangement.ts'

/** A machine of the mesh. */
export type Machine = AnswerOf<'peers'>['peers'][number]

/** The looks of a machine, which differ in form and in colour. */
export type Look = 'self' | 'there' | 'late' | 'draining' | 'waiting' | 'away'

/** Returns the look of a machine. */
export function lookOf({ self, state, waiting }: Machine): Look {
  if (self) return 'self'
  if (state === 'unreachable' || state === 'left') return 'away'
  if (waiting !== null) return 'waiting'
  if (state === 'suspect') return 'late'
  return state === 'draining' ? 'draining' : 'there'
}

/** The order of names as people count: machine-9 before machine-10. */
const names = new Intl.Collator('en', { numeric: true })

/** Returns the machines in their order: this machine, those that are there, those that wait, those that are away. */
export function inOrder(machines: readonly Machine[]): readonly Machine[] {
  const looks: readonly Look[] = ['self', 'there', 'draining', 'late', 'waiting', 'away']
  return [...machines].sort(
    (one, other) =>
      looks.indexOf(lookOf(one)) - looks.indexOf(lookOf(other)) ||
      names.compare(one.name, other.name) ||
      names.compare(one.agent, other.agent),
  )
}

/** Returns the ways from this machine to the others. A way through a relay is two edges. */
export function edgesOf(machines: readonly Machine[]): readonly Edge[] {
  const self = machines.find((one) => one.self)
  if (self === undefined) return []
  return machines.flatMap(({ agent, path }): Edge[] => {
    if (path === null) return []
    const relay = relayOf(machines, path.by)
    if (relay === null) return [{ from: self.agent, to: agent, kind: path.kind }]
    return [{ from: relay, to: agent, kind: 'relayed' }]
  })
}

/** Returns the machines on the way from this machine to another, both included. */
export function routeTo(machines: readonly Machine[], agent: string): readonly string[] {
  const self = machines.find((one) => one.self)?.agent ?? ''
  const relay = relayOf(machines, machines.find((one) => one.agent === agent)?.path?.by ?? null)
  return relay === null || relay === self || relay === agent ? [self, agent] : [self, relay, agent]
}

/** Returns the agent key of a relay, which is given by its name, or by its key if it has no card; null without one. */
function relayOf(machines: readonly Machine[], by: string | null): string | null {
  return (
    (by && machines.find(({ name, agent, self }) => !self && (name === by || agent === by))?.agent) || null
  )
}
