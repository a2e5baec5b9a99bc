/** Tests the checks before a start, over a program that stands for the conductor. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { presenterOf } from '../../../../host/cli/present/index.ts'
import { resolveConfig } from '../../../../host/config/config.ts'
import { readEnv } from '../../../../host/config/env.ts'
import { writeLastNetwork } from '../../../../host/config/last-network.ts'
import { checkStart } from '../../../../host/daemon/command/check-start.ts'
import { pinnedVersion } from '../../../../host/daemon/machine/programs.ts'

const { signal } = new AbortController()

test('a first start is announced as long, and a later or refused one is not', async () => {
  const home = mkdtempSync(join(tmpdir(), 'ripple-start-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const conductor = join(home, 'holochain')
  writeFileSync(conductor, `#!/bin/sh\necho 'holochain ${pinnedVersion('holochain')}'\n`, { mode: 0o755 })
  const env = { ...readEnv({ HOME: home }), path: home }
  const config = resolveConfig(env, { data: join(home, 'data'), api: { port: 0 } })
  const start = async (data = config.data, path = home): Promise<string[]> => {
    const said: string[] = []
    await checkStart({ ...config, data }, { path }, (line) => void said.push(line), signal).catch(() => {})
    return said
  }
  expect(await start()).toEqual(['the first start on a folder takes a minute or two'])
  expect(await start(conductor)).toEqual([])
  expect(await start(config.data, '/nowhere')).toEqual([])
  mkdirSync(config.data)
  await writeLastNetwork(config)
  expect(await start()).toEqual([])
  // The line that counts the seconds is the same at each start.
  expect(presenterOf('up').doing).toBe('starting the daemon')
})

test("the port of Ollama's API is checked if it is on", async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const start = (ollama: 'off' | 'open') => {
    const api = { port: 0, ollama, ollama_port: port }
    const config = resolveConfig(readEnv({ HOME: '/nowhere' }), { data: '/nowhere/data', api })
    return checkStart(config, { path: '/nowhere' }, () => {}, signal)
  }
  await expect(start('open')).rejects.toMatchObject({ code: 'RIPPLE_PORT_TAKEN', facts: { port } })
  await expect(start('off')).rejects.toMatchObject({ code: 'RIPPLE_CONDUCTOR_MISSING' })
})
