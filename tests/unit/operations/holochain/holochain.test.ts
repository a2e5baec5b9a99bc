/** Tests the operations on this machine's conductor and its place in the mesh. */
import { expect, test } from 'vitest'
import { cardOf } from '../../../harness/sim/card.ts'
import { statusView } from '../../api/status-view.ts'
import { stubContext } from '../../api/stub-context.ts'
import { agentKey } from '../../net/agents.ts'
import { call as callOperation } from '../calls.ts'

const agent = agentKey('a')
const cells = [
  { role: 'agent_registry', dna: 'uhC0k-registry' },
  { role: 'resource_mesh', dna: 'uhC0k-mesh' },
]
const ids = ['uhC0k-registry', 'uhC0k-mesh'].map((dna) => `${dna}:${agent}`)
const status = statusView()

function call(name: string, input: object = {}) {
  const context = stubContext({
    agent,
    cells: () => cells,
    status: async () => status,
    advertise: async () => true,
    peers: async () => [
      { agent, card: cardOf(agent, { name: 'anna' }), presence: null, seenAt: null },
      { agent: agentKey('b'), card: cardOf(agentKey('b'), { name: 'bert' }), presence: null, seenAt: null },
    ],
    inference: { ...stubContext({}).inference, models: () => [] },
  })
  return callOperation(name, context, input, AbortSignal.timeout(1_000))
}

test('`init_conductor` returns the state of the conductor that runs, with its cells', async () => {
  const { version, pid } = status.conductor
  expect(await call('holochain.init_conductor')).toEqual({
    ...{ status: 'already_running', version, pid, network: status.network.name },
    ...{ agent_pubkey: agent, cell_ids: ids },
  })
})

const joins = { network: status.network.name, agent_name: status.name, capabilities: {} }

test('`join_mesh` returns the place in the mesh, and names the fields without effect', async () => {
  const place = { agent_pubkey: agent, cell_ids: ids, peer_count: status.peers.online }
  expect(await call('holochain.join_mesh', joins)).toEqual({
    ...{ ...place, mesh_status: status.presence.state, ignored: ['capabilities'] },
  })
  const renamed = { ...joins, agent_name: 'another', capabilities: { compute: { cpu_cores: 512 } } }
  expect(await call('holochain.join_mesh', renamed)).toMatchObject({
    ignored: ['agent_name', 'capabilities'],
  })
})

test('`join_mesh` refuses another network, another server, and a call without its fields', async () => {
  const other = joins.network === 'mainnet' ? 'testnet' : 'mainnet'
  await expect(call('holochain.join_mesh', { ...joins, network: other })).rejects.toMatchObject({
    code: 'RIPPLE_DATA_OTHER_NETWORK',
  })
  const bootstrap_override = 'https://bootstrap.example'
  await expect(call('holochain.join_mesh', { ...joins, bootstrap_override })).rejects.toMatchObject({
    code: 'RIPPLE_SERVER_OTHER',
    facts: { wanted: bootstrap_override },
  })
  for (const field of Object.keys(joins))
    await expect(call('holochain.join_mesh', { ...joins, [field]: undefined })).rejects.toMatchObject({
      code: 'RIPPLE_BODY_INVALID',
    })
})

test('`register_node` advertises this machine and returns it as peers see it', async () => {
  expect(await call('holochain.register_node')).toMatchObject({
    ...{ node_id: agent, written: true },
    node: { agent, name: 'anna', self: true, details: { tokens_per_second: null } },
  })
})

test("`install_dna` finds the hApp's own DNAs by role and hash, and refuses a foreign one", async () => {
  const [registry, mesh] = cells.map(({ role, dna: dna_hash }) => ({ role, dna_hash }))
  const same = { status: 'already_installed', agent_pubkey: agent }
  expect(await call('holochain.install_dna')).toEqual({ ...same, dnas: [registry, mesh], cell_ids: ids })
  for (const dna of ['resource_mesh', 'uhC0k-mesh'])
    expect(await call('holochain.install_dna', { dna })).toMatchObject({ ...same, dnas: [mesh] })
  await expect(call('holochain.install_dna', { dna: 'uhC0k-other' })).rejects.toMatchObject({
    code: 'RIPPLE_DNA_FOREIGN',
    facts: { own: 'agent_registry, resource_mesh' },
  })
})
