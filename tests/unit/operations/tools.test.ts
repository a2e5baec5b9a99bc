import { expect, test } from 'vitest'
import type { Property } from '../../../host/operations/json-schema.ts'
import { tools } from '../../../host/operations/tools.ts'

test('each tool has schemas of objects, and hints by its effect', () => {
  const all = tools()
  expect(all.length).toBeGreaterThan(10)
  for (const { name, inputSchema, outputSchema } of all) {
    expect(name).toMatch(/^[a-z_.]{1,64}$/)
    expect([inputSchema.type, outputSchema.type]).toEqual(['object', 'object'])
  }
  const hints = (name: string) => all.find((one) => one.name === name)?.annotations
  expect(hints('status')).toEqual({ readOnlyHint: true, destructiveHint: false, idempotentHint: true })
  expect(hints('task.cancel')).toEqual({ readOnlyHint: false, destructiveHint: true, idempotentHint: true })
  expect(hints('resources.schedule_task')).toMatchObject({ readOnlyHint: false, idempotentHint: false })
})

test('the wire contract names the tools that it defines', () => {
  expect(tools().map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      ...['init_conductor', 'join_mesh', 'register_node', 'query_peers', 'install_dna'].map(
        (name) => `holochain.${name}`,
      ),
      ...['allocate', 'release', 'query_available', 'schedule_task'].map((name) => `resources.${name}`),
      ...['moe_query', 'single_query', 'load_model', 'unload_model'].map((name) => `inference.${name}`),
    ]),
  )
})

/** The fields of a schema, with the type, the default and the choices of each, and the required ones. */
function fieldsOf({ properties = {}, required = [] }: Property) {
  const fields = Object.entries(properties).map(([name, { type, default: usual, enum: choices }]) => [
    name,
    { type, ...(usual !== undefined && { default: usual }), ...(choices && { enum: choices }) },
  ])
  return { fields: Object.fromEntries(fields), required }
}

test('the wire contract gives the schemas of inference.moe_query and holochain.join_mesh', () => {
  const find = (name: string) => tools().find((one) => one.name === name) ?? expect.unreachable()
  const moe = find('inference.moe_query')
  const asked = fieldsOf(moe.inputSchema)
  expect(asked.required).toEqual(['prompt', 'task_type'])
  expect(asked.fields).toMatchObject({
    prompt: { type: 'string' },
    task_type: {
      type: 'string',
      enum: expect.arrayContaining(['code_generation', 'reasoning', 'general', 'review']),
    },
    policy_override: { type: 'string' },
    require_consensus: { type: 'boolean', default: true },
    max_tokens: { default: 4_096 },
  })
  const answered = moe.outputSchema.properties ?? {}
  expect(Object.keys(answered)).toEqual(
    expect.arrayContaining(['response', 'consensus_score', 'model_votes', 'trace_id']),
  )
  expect(Object.keys(answered.model_votes?.items?.properties ?? {}).sort()).toEqual([
    'latency_ms',
    'model',
    'response_hash',
    'weight',
  ])
  const join = find('holochain.join_mesh')
  const joined = fieldsOf(join.inputSchema)
  expect(joined.required).toEqual(['network', 'agent_name', 'capabilities'])
  expect(joined.fields).toMatchObject({
    network: { type: 'string', enum: ['mainnet', 'testnet', 'local'] },
    agent_name: { type: 'string' },
    capabilities: { type: 'object' },
    bootstrap_override: { type: 'string' },
  })
  expect(fieldsOf(join.outputSchema).fields).toMatchObject({
    agent_pubkey: { type: 'string' },
    cell_ids: { type: 'array' },
    peer_count: { type: 'integer' },
    mesh_status: { type: 'string', enum: ['connected', 'syncing', 'isolated'] },
  })
})
