import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readNetwork, resolveNetwork } from '../../host/config/network.ts'
import { dataPaths } from '../../host/config/paths.ts'
import { isClose } from '../../host/mesh/state/chain.ts'
import { openForwarder } from '../../host/processes/forwarder.ts'
import { archiveDht, readArchive } from '../../host/receipt/archive.ts'
import { verifyReceipt } from '../../host/receipt/verify.ts'
import { openRules } from '../../host/rules/rules.ts'
import type { ActionHash, AgentKey, MeshEvent } from '../../host/types/events.ts'
import { openIn, program } from '../harness/conductors.ts'
import type { World } from './world.ts'

/**
 * Reads every peer's chain from its conductor, and of the epochs that it left from its archives. The daemons must have
 * stopped; the conductors run on this machine and reach nobody, for what they hold themselves is what counts.
 */
export async function readChains(world: World): Promise<Map<AgentKey, readonly MeshEvent[]>> {
  const choice = { bootstrap: world.url, localName: 'home' }
  const network = resolveNetwork(readNetwork('local', world.networkFile), choice)
  await using _port = await openForwarder({ seed: network.seed, port: network.forwardPort, target: null })
  const holochain = await program('holochain')
  const chains = new Map<AgentKey, readonly MeshEvent[]>()
  for (const { place } of world.peers) {
    await using conductor = await openIn(place.data, holochain, network, () => {})
    const { dht } = conductor
    const parts = dht.dnaHashes.map((dna) => dht.ownEvents(dna, 0, world.signal))
    const events = [
      ...(await readArchives(place.data, conductor.agent, world.signal)),
      ...(await Promise.all(parts)).flat(),
    ]
    // An epoch that was being left has its events in both.
    const byHash = new Map(events.map((event) => [event.hash, event]))
    chains.set(conductor.agent, [...byHash.values()])
  }
  return chains
}

/** Reads an agent's events in the epochs that its daemon has archived. */
async function readArchives(data: string, agent: AgentKey, signal: AbortSignal): Promise<MeshEvent[]> {
  const folder = dataPaths(data).archive
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.jsonl')) : []
  const parts = files.map((file) => {
    const lines = readArchive(readFileSync(join(folder, file), 'utf8'))
    return archiveDht(agent, lines).ownEvents('', 0, signal)
  })
  return (await Promise.all(parts)).flat()
}

/** For every accepted task: whether its poster holds a receipt that verifies and reveals the answer. */
export async function readReceipts(
  world: World,
  chains: ReadonlyMap<AgentKey, readonly MeshEvent[]>,
): Promise<Map<ActionHash, boolean>> {
  const rules = await openRules()
  const good = new Set<ActionHash>()
  for (const { place } of world.peers) {
    const folder = dataPaths(place.data).receipts
    for (const file of existsSync(folder) ? readdirSync(folder) : []) {
      if (!file.endsWith('.receipt')) continue
      const { summary } = verifyReceipt(readFileSync(join(folder, file)), rules)
      if (summary.answer !== null) good.add(summary.task)
    }
  }
  const closes = [...chains.values()].flat().filter(isClose)
  const accepted = closes.filter(({ entry }) => entry.outcome === 'accepted')
  return new Map(accepted.map(({ entry }) => [entry.task, good.has(entry.task)]))
}
