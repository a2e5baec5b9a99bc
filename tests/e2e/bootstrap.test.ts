/** Tests the bootstrap server over several runs. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { here, ripple, running } from '../harness/peer.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-server-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Runs a server until it has printed its URL. */
async function urlOf(data: string, ...words: string[]): Promise<string> {
  await using server = await running<{ url: string }>(
    here,
    'bootstrap',
    '--data',
    join(folder, data),
    ...words,
  )
  return server.ready.url
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise((done) => server.close(done))
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('a restarted bootstrap server keeps its URL, and --new gives it another', async () => {
  const listen = ['--listen', `127.0.0.1:${await freePort()}`]
  const first = await urlOf('one', ...listen)
  expect(await urlOf('one', ...listen)).toBe(first)
  const other = await urlOf('one', '--new', ...listen)
  expect(other).not.toBe(first)
  expect(await urlOf('one', ...listen)).toBe(other)
  expect(await urlOf('two', ...listen)).not.toBe(other)
})

test('a bootstrap server on any port keeps its URL while that port is free', async () => {
  const first = await urlOf('one')
  expect(await urlOf('one')).toBe(first)
  const port = Number(new URL(first).port)
  const taken = createServer()
  await new Promise<void>((done) => taken.listen(port, '127.0.0.1', done))
  const meanwhile = await urlOf('one')
  await new Promise((done) => taken.close(done))
  expect(new URL(meanwhile).port).not.toBe(String(port))
  expect(new URL(meanwhile).hash).not.toBe(new URL(first).hash)
})

test('a bootstrap server refuses a taken port at once', async () => {
  const taken = createServer()
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
  const address = taken.address()
  const listen = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const { code, stderr } = await ripple(here, 'bootstrap', '--listen', listen, '--data', join(folder, 'one'))
  await new Promise((done) => taken.close(done))
  expect(code).toBe(2)
  expect(stderr).toContain('RIPPLE_PORT_TAKEN')
})

test('a bootstrap server refuses the address of another machine and lists those of this machine', async () => {
  const { code, stderr } = await ripple(
    here,
    'bootstrap',
    '--listen',
    '9.9.9.9:1',
    '--data',
    join(folder, 'one'),
  )
  expect(code).toBe(2)
  expect(stderr).toContain('RIPPLE_LISTEN_ADDRESS')
  expect(stderr).toContain('127.0.0.1')
})
