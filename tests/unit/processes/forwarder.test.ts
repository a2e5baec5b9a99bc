import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { checkBootstrap, reachableUrl } from '../../../host/processes/bootstrap-server.ts'
import { type Forwarder, forwarderPortState, openForwarder } from '../../../host/processes/forwarder.ts'
import { freePort } from '../../harness/free-port.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]()
})

/** A server that answers with its name and what it was asked, and echoes after an upgrade. */
async function target(name: string): Promise<string> {
  const server: Server = createServer((request, response) => {
    response.end(`${name} ${request.method} ${request.url} ${request.headers.host}`)
  })
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    socket.on('data', (data: Buffer) => socket.write(`${name}:${data}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push({
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function forwarder(seed: string, port: number, to: string | null): Promise<Forwarder> {
  const made = await openForwarder({ seed, port, target: to })
  open.push(made)
  return made
}

const text = async (url: string) => (await fetch(url)).text()

describe('openForwarder', () => {
  test("the forwarder carries requests with the server's path and name", async () => {
    const to = await target('one')
    const { url } = await forwarder('seed', await freePort(), `${to}/prefix`)
    expect(await text(`${url}/bootstrap/x`)).toBe(`one GET /prefix/bootstrap/x ${new URL(to).host}`)
    await expect(checkBootstrap(url, new AbortController().signal)).resolves.toEqual(expect.any(Number))
  })

  test('the holder of a port is found after its server was asked on a connection that stays', async () => {
    const port = await freePort()
    const { url } = await forwarder('seed', port, await target('one'))
    await text(`${url}/health`)
    expect(await forwarderPortState(port, 'seed')).toBe('own')
    expect(await forwarderPortState(port, 'other')).toBe('taken')
  })

  test('the forwarder answers 502 while no server is known or reachable', async () => {
    const made = await forwarder('seed', await freePort(), null)
    expect((await fetch(made.url)).status).toBe(502)
    made.setTarget(`http://127.0.0.1:${await freePort()}`)
    expect((await fetch(made.url)).status).toBe(502)
    await expect(checkBootstrap(made.url, new AbortController().signal)).rejects.toMatchObject({
      code: 'RIPPLE_BOOTSTRAP_DOWN',
    })
  })

  test('a connection made before there is a server waits for the first one', async () => {
    const made = await forwarder('seed', await freePort(), null)
    const early = connect(Number(new URL(made.url).port), '127.0.0.1')
    early.write('GET /early HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    await once(early, 'connect')
    // The port has taken the earlier connection when it answers a later one.
    await text(`${made.url}/.ripple-forwarder`)
    made.setTarget(await target('one'))
    const [answer] = await once(early, 'data')
    expect(String(answer)).toContain('one GET /early')
  })

  test('the forwarder breaks off where the answer does', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('the first')
      setTimeout(() => response.destroy(), 50)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { url } = await forwarder('seed', await freePort(), `http://127.0.0.1:${port}`)
    const asked = await fetch(url, { signal: AbortSignal.timeout(3_000) })
    await expect(asked.text()).rejects.toThrow('terminated')
    server.close()
  })

  test('the forwarder carries an upgraded connection and drops it when the server changes', async () => {
    const made = await forwarder('seed', await freePort(), await target('one'))
    const socket = connect(Number(new URL(made.url).port), '127.0.0.1')
    let heard = ''
    socket.on('data', (data: Buffer) => {
      heard += data
    })
    socket.write('GET /relay HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    await vi.waitFor(() => expect(heard).toContain('101'))
    socket.write('hello')
    await vi.waitFor(() => expect(heard).toContain('one:hello'))
    const closed = once(socket, 'close')
    made.setTarget(await target('two'))
    await closed
    expect(await text(made.url)).toContain('two')
  })

  test('the forwarder drops a connection that upgrades after a change of server', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const made = await forwarder('seed', await freePort(), `http://127.0.0.1:${port}`)
    const client = connect(Number(new URL(made.url).port), '127.0.0.1')
    client.write('GET /relay HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    const [, far] = (await once(server, 'upgrade')) as [unknown, Socket]
    far.on('error', () => {})
    made.setTarget(null)
    await once(client.resume(), 'close')
    far.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    await once(far.resume(), 'end', { signal: AbortSignal.timeout(3_000) })
    far.destroy()
    server.close()
  })

  test('the forwarder shares its port with a daemon of the same network and takes over', async () => {
    const port = await freePort()
    const to = await target('one')
    const first = await openForwarder({ seed: 'seed', port, target: to })
    const second = await forwarder('seed', port, to)
    expect([first.holds(), second.holds()]).toEqual([true, false])
    await first[Symbol.asyncDispose]()
    await vi.waitFor(() => expect(second.holds()).toBe(true), 3_000)
    expect(await text(second.url)).toContain('one')
  })

  test('the forwarder takes a port whose holder goes while it is asked', async () => {
    const holder = createServer(() => {
      holder.close()
      holder.closeAllConnections()
    }).listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const made = await forwarder('seed', (holder.address() as AddressInfo).port, null)
    expect(made.holds()).toBe(true)
  })

  test.each([['another network'], ['another program']])(
    'the forwarder refuses a port that %s holds',
    async (who) => {
      const port = who === 'another program' ? Number(new URL(await target('one')).port) : await freePort()
      if (who === 'another network') await forwarder('other', port, null)
      await expect(openForwarder({ seed: 'seed', port, target: null })).rejects.toMatchObject({
        code: 'RIPPLE_PORT_TAKEN',
        facts: { port },
      })
    },
  )
})

test('a listener on all addresses is named by one that other machines reach', () => {
  const at = (address: string, internal: boolean, family: 'IPv4' | 'IPv6' = 'IPv4') => [
    { address, internal, family } as NetworkInterfaceInfo,
  ]
  const interfaces = {
    lo: at('127.0.0.1', true),
    eth0: at('fe80::1', false, 'IPv6'),
    eth1: at('192.168.1.20', false),
  }
  expect(reachableUrl('0.0.0.0:41000', interfaces)).toBe('http://192.168.1.20:41000')
  expect(reachableUrl('[::]:41000', interfaces)).toBe('http://192.168.1.20:41000')
  expect(reachableUrl('0.0.0.0:41000', { lo: at('127.0.0.1', true) })).toBe('http://127.0.0.1:41000')
  expect(reachableUrl('127.0.0.1:41000', interfaces)).toBe('http://127.0.0.1:41000')
})
