/** Looks at a mesh from outside: who sees whom, and who serves. */
import type { Host } from './host.ts'

/** Whether each of these hosts sees all others of them online, and none of those that are gone. */
export async function isWhole(hosts: readonly Host[], gone: readonly Host[] = []): Promise<boolean> {
  const seen = await Promise.all(hosts.map((host) => host.peers()))
  return seen.every((rows, at) => {
    const online = new Set(
      rows
        .filter(({ self, state, waiting }) => !self && state === 'online' && !waiting)
        .map(({ agent }) => agent),
    )
    const others = hosts.filter((_, index) => index !== at)
    return others.every(({ agent }) => online.has(agent)) && gone.every(({ agent }) => !online.has(agent))
  })
}

/** What each host sees of the others, in one line each, for a scenario that waited too long. */
export async function views(hosts: readonly Host[]): Promise<string> {
  const lines = hosts.map(async (host) => {
    const rows = (await host.peers()).filter(({ self }) => !self)
    return `${host.name}${host.serves() ? ' (serves)' : ''}: ${rows.map(({ name, state }) => `${name} ${state}`).join(', ')}`
  })
  return (await Promise.all(lines)).join('; ')
}

/** The hosts that run a bootstrap server. */
export function serving(hosts: readonly Host[]): Host[] {
  return hosts.filter((host) => host.serves())
}
