import { rendezvousLimits } from '../../../../host/limits/rendezvous.ts'
import type { Host } from './host.ts'
import type { RendezvousWorld } from './world.ts'

/** Returns what is wrong with the groups: each needs one server, and every forwarder in it has to lead there. */
export function wrongs(world: RendezvousWorld): string[] {
  return world.groups().flatMap((group) => {
    const servers = group.filter(({ isServing }) => isServing)
    const able = group.some(({ machine }) => !machine.isBroken)
    const names = group.map(({ id }) => id).join()
    if (servers.length !== (able ? 1 : 0)) return [`${servers.length} servers in the group ${names}`]
    const [server] = servers
    if (!server) return []
    return group
      .filter((host) => !leadsTo(world, host, server))
      .map(({ id }) => `${id} does not lead to ${server.id}`)
  })
}

/** Whether the forwarder of a machine leads to a server, over open connections. */
function leadsTo(world: RendezvousWorld, host: Host, server: Host): boolean {
  let at = host
  for (let hops = 0; hops <= rendezvousLimits.hops_max; hops++) {
    if (at === server) return at.pointed === at.id
    const next = at.pointed === null ? undefined : world.hosts.get(at.pointed)
    if (!next || next === at || !world.isConnected(at.id, next.id) || !world.reaches(at.id, next.id))
      return false
    at = next
  }
  return false
}
