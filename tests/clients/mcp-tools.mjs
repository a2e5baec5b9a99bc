// Calls the tools of the wire contract by the official client of the Model Context Protocol, and a tool that is denied:
// https://www.npmjs.com/package/@modelcontextprotocol/client.
import assert from 'node:assert/strict'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { check, model } from './check.mjs'

const { RIPPLE_URL, RIPPLE_TOKEN, A2A_KEY } = process.env

/** Uses a connection with a key. */
async function withKey(key, use) {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } })
  const requestInit = { headers: { authorization: `Bearer ${key}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(`${RIPPLE_URL}/mcp`), { requestInit }))
  await use((name, given = {}) => client.callTool({ name, arguments: given }, { timeout: 120_000 }))
  await client.close()
}

/** Returns the output of a call that must succeed. */
function outputOf({ isError, structuredContent, content }) {
  assert(!isError, content[0].text)
  return structuredContent
}

/** Returns the error of a call that must fail. */
function errorOf({ isError, content }) {
  assert.equal(isError, true)
  return JSON.parse(content[0].text).error
}

await check('calls each tool of holochain, and a network or a DNA that is not there is refused', () =>
  withKey(RIPPLE_TOKEN, async (call) => {
    const conductor = outputOf(await call('holochain.init_conductor'))
    assert.equal(conductor.status, 'already_running')
    const joins = { network: conductor.network, agent_name: 'an agent', capabilities: { compute: {} } }
    const joined = outputOf(await call('holochain.join_mesh', joins))
    assert(['connected', 'syncing'].includes(joined.mesh_status), joined.mesh_status)
    assert(joined.peer_count > 0)
    assert.deepEqual(joined.cell_ids, conductor.cell_ids)
    const testnet = await call('holochain.join_mesh', { ...joins, network: 'testnet' })
    assert.equal(errorOf(testnet).code, 'RIPPLE_DATA_OTHER_NETWORK')
    const { node_id, node } = outputOf(await call('holochain.register_node'))
    assert.equal(node.agent, node_id)
    const { peers } = outputOf(await call('holochain.query_peers'))
    assert(peers.some(({ agent }) => agent === node_id))
    const { dnas } = outputOf(await call('holochain.install_dna', { dna: 'resource_mesh' }))
    assert(dnas.every(({ dna_hash }) => dna_hash.startsWith('uhC0k')))
    const foreign = await call('holochain.install_dna', { dna: `uhC0k${'x'.repeat(48)}` })
    assert.equal(errorOf(foreign).code, 'RIPPLE_DNA_FOREIGN')
  }),
)

await check('calls each tool of inference and schedules a task, and each answer names its tokens', () =>
  withKey(RIPPLE_TOKEN, async (call) => {
    assert.equal(outputOf(await call('inference.load_model', { model })).name, model)
    const asked = { prompt: 'Say hello.', max_tokens: 8 }
    const single = outputOf(await call('inference.single_query', { ...asked, model }))
    assert(single.usage.tokens_out > 0)
    const several = { ...asked, task_type: 'general', require_consensus: false }
    const { usage, model_votes } = outputOf(await call('inference.moe_query', several))
    assert(usage.tokens_in > 0 && usage.tokens_out > 0 && model_votes.length > 0)
    const posted = { prompt: 'Name a river.', max_tokens: 8, model, wait: true }
    const task = outputOf(await call('resources.schedule_task', posted))
    assert.equal(task.state, 'accepted')
    assert(task.usage.tokens_out > 0)
    assert.equal(outputOf(await call('inference.unload_model', { model })).model, model)
  }),
)

await check(
  'is refused a tool that the owner denies to its key, and each call is in the audit file',
  async () => {
    await withKey(A2A_KEY, async (call) => {
      const { code, facts } = errorOf(await call('model_pause', { name: model }))
      assert.deepEqual([code, facts.rule], ['RIPPLE_POLICY_REFUSED', 'mcp.tool_denied'])
      assert.equal(errorOf(await call('holochain.init_conductor')).code, 'RIPPLE_SCOPE_REFUSED')
      outputOf(await call('task.list', { past: 0 }))
    })
    await withKey(RIPPLE_TOKEN, async (call) => {
      outputOf(await call('model.pause', { name: model }))
      const { decisions } = outputOf(await call('policy.audit', { point: 'mcp', limit: 5 }))
      const lines = decisions.map(({ rule, facts }) => [facts.tool, facts['principal.name'], rule])
      assert.deepEqual(lines, [
        ['policy.audit', 'owner', 'mcp.allow'],
        ['model.pause', 'owner', 'mcp.allow'],
        ['task.list', 'agent', 'mcp.allow'],
        ['holochain.init_conductor', 'agent', 'mcp.scope_missing'],
        ['model.pause', 'agent', 'mcp.tool_denied'],
      ])
    })
  },
)
