// Tests that the command line of MCP's inspector works with a real daemon, behind HEAVY_CLIENTS=1.
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { heavyClients } from '../harness/slow.ts'
import { WARM_MS } from '../harness/warm-data.ts'
import { inspector, installHeavy } from './install.ts'

/** Longest time of one command, in milliseconds. */
const COMMAND_MS = 60_000

describe.runIf(heavyClients)("the command line of MCP's inspector", () => {
  let mesh: Mesh
  let door: readonly string[]

  beforeAll(async () => {
    await installHeavy()
    mesh = await openMesh('mcp-inspector')
    const { ready } = await mesh.upWithoutModels('peer')
    const asked = { name: 'inspector', scopes: ['read', 'write', 'infer'] }
    const { key } = await mesh.call<{ key: string }>('peer', 'key.create', asked)
    const header = `Authorization: Bearer ${key}`
    door = [`${ready.api.url}/mcp`, '--transport', 'http', '--header', header]
  }, WARM_MS)
  afterAll(async () => {
    expect(await mesh.end()).toEqual([])
  })

  /** Calls a method, and returns its result. */
  async function inspect(...words: string[]): Promise<Record<string, unknown>> {
    const { stdout } = await execa(process.execPath, [inspector, '--cli', ...door, '--method', ...words], {
      env: { HOME: mesh.folder },
      timeout: COMMAND_MS,
    })
    return JSON.parse(stdout)
  }

  test('the inspector lists the tools, calls one, and reads a resource', async () => {
    expect(await inspect('tools/list')).toMatchObject({
      tools: expect.arrayContaining([expect.objectContaining({ name: 'ripple_task_wait' })]),
    })
    const called = await inspect('tools/call', '--tool-name', 'status')
    expect(called).toMatchObject({ structuredContent: { name: 'peer' } })
    const read = await inspect('resources/read', '--uri', 'ripple://peers')
    expect(read).toMatchObject({ contents: [{ text: expect.stringContaining('"name":"peer"') }] })
  })
})
