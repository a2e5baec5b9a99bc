/** Tests the meeting point over several runs. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { get } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { certificateProblem, makeCertificate } from '../harness/certificate.ts'
import { here, ripple, running } from '../harness/peer.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-server-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Runs a server until it has printed its URL. */
async function urlOf(data: string, ...words: string[]): Promise<string> {
  await using server = await running<{ url: string }>(here, 'relay', '--data', join(folder, data), ...words)
  return server.ready.url
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise((done) => server.close(done))
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('a restarted meeting point keeps its URL, and --new gives it another', async () => {
  const listen = ['--listen', `127.0.0.1:${await freePort()}`]
  const first = await urlOf('one', ...listen)
  expect(await urlOf('one', ...listen)).toBe(first)
  const other = await urlOf('one', '--new', ...listen)
  expect(other).not.toBe(first)
  expect(await urlOf('one', ...listen)).toBe(other)
  expect(await urlOf('two', ...listen)).not.toBe(other)
})

test('a meeting point on any port keeps its URL while that port is free', async () => {
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

test('a meeting point refuses a taken port at once', async () => {
  const taken = createServer()
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
  const address = taken.address()
  const listen = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const { code, stderr } = await ripple(here, 'relay', '--listen', listen, '--data', join(folder, 'one'))
  await new Promise((done) => taken.close(done))
  expect(code).toBe(2)
  expect(stderr).toContain('RIPPLE_PORT_TAKEN')
})

test('a meeting point refuses the address of another machine and lists those of this machine', async () => {
  const { code, stderr } = await ripple(here, 'relay', '--listen', '9.9.9.9:1', '--data', join(folder, 'one'))
  expect(code).toBe(2)
  expect(stderr).toContain('RIPPLE_LISTEN_ADDRESS')
  expect(stderr).toContain('127.0.0.1')
})

const problem = certificateProblem()
test.skipIf(problem !== null)(
  `a meeting point with TLS answers under the name of its certificate${problem ? ` (${problem})` : ''}`,
  async () => {
    const { cert, key } = makeCertificate(folder)
    const port = await freePort()
    const words = ['--listen', `127.0.0.1:${port}`, '--tls-cert', cert, '--tls-key', key]
    const machine = { ...here, env: { RIPPLE_NETWORK: 'testnet' } }
    const data = ['--data', join(folder, 'tls')]
    await using server = await running<{ url: string; join: string }>(machine, 'relay', ...data, ...words)
    expect(server.ready.url).toBe(`https://localhost:${port}`)
    expect(server.ready.join).toBe(`ripple up --network testnet --bootstrap 'https://localhost:${port}'`)
    const status = await new Promise<number | undefined>((done, fail) => {
      const options = {
        ca: readFileSync(cert),
        host: '127.0.0.1',
        servername: 'localhost',
        port,
        path: '/health',
      }
      get(options, (answer) => done(answer.resume().statusCode)).on('error', fail)
    })
    expect(status).toBe(200)
  },
)

test('a meeting point refuses a certificate without its key, and prints no unit for any port', async () => {
  const data = ['--data', join(folder, 'one')]
  const half = await ripple(here, 'relay', '--tls-cert', 'cert.pem', ...data)
  expect([half.code, half.stderr]).toEqual([
    2,
    expect.stringContaining('--tls-cert and --tls-key go together'),
  ])
  const unit = await ripple(here, 'relay', '--print-unit', ...data)
  expect([unit.code, unit.stderr]).toEqual([2, expect.stringContaining('RIPPLE_LISTEN_ADDRESS')])
  const printed = await ripple(here, 'relay', '--print-unit', '--listen', '0.0.0.0:41000', ...data)
  expect([printed.code, printed.stdout]).toEqual([0, expect.stringContaining('--listen "0.0.0.0:41000"')])
})
