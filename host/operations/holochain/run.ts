/** Runs the operations on this machine's conductor and its place in the mesh. */
import type { z } from 'zod'
import { RippleError } from '../../errors/ripple-error.ts'
import type { Cell } from '../../types/cell.ts'
import type { Context } from '../context.ts'
import { wideViews } from '../machine/run.ts'
import { type Handler, handle } from '../operation.ts'
import { initConductor, installDna, joinMesh, registerNode } from './shape.ts'

/** The words of the tool for the states of a conductor. */
const conductorStates: Readonly<Record<string, z.input<typeof initConductor.output>['status']>> = {
  ready: 'already_running',
  connecting: 'connecting',
  down: 'restarting',
}

/** The operations on the conductor that can be called. */
export const holochainHandlers: readonly Handler<Context>[] = [
  handle(initConductor, async (context: Context, _given, signal) => {
    const { conductor, network } = await context.status(signal)
    const { version, pid, state } = conductor
    return {
      status: conductorStates[state] ?? 'connecting',
      ...{ version, pid, network: network.name },
      ...idsOf(context, context.cells()),
    }
  }),
  handle(joinMesh, async (context: Context, given, signal) => {
    const { network, data, name, peers, presence } = await context.status(signal)
    if (given.network !== network.name)
      throw new RippleError('RIPPLE_DATA_OTHER_NETWORK', {
        ...{ data, found: network.name, wanted: given.network },
      })
    const server = network.bootstrap_url ?? 'the LAN'
    if (given.bootstrap_override !== undefined && given.bootstrap_override !== server)
      throw new RippleError('RIPPLE_SERVER_OTHER', { server, wanted: given.bootstrap_override })
    return {
      ...idsOf(context, context.cells()),
      peer_count: peers.online,
      mesh_status: presence.state,
      ignored: [...(given.agent_name === name ? [] : ['agent_name']), 'capabilities'],
    }
  }),
  handle(registerNode, async (context: Context, _given, signal) => {
    const written = await context.advertise(signal)
    const own = wideViews(await context.peers(signal), context, Date.now()).find(({ self }) => self)
    if (own === undefined) throw new RippleError('RIPPLE_PEER_UNKNOWN', { agent: context.agent })
    return { node_id: context.agent, written, node: own }
  }),
  handle(installDna, async (context: Context, { dna }) => {
    const all = context.cells()
    const cells = dna === null ? all : all.filter((one) => one.role === dna || one.dna === dna)
    if (cells.length === 0) {
      const own = [...new Set(all.map(({ role }) => role))].join(', ')
      throw new RippleError('RIPPLE_DNA_FOREIGN', { dna: dna ?? 'none', own })
    }
    return {
      status: 'already_installed' as const,
      ...idsOf(context, cells),
      dnas: cells.map(({ role, dna: dna_hash }) => ({ role, dna_hash })),
    }
  }),
]

function idsOf({ agent }: Context, cells: readonly Cell[]): { agent_pubkey: string; cell_ids: string[] } {
  return { agent_pubkey: agent, cell_ids: cells.map(({ dna }) => `${dna}:${agent}`) }
}
