import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { findDaemon } from '../../../host/cli/client.ts'
import { limits } from '../../../host/limits.ts'

let data: string
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'ripple-client-'))
})
afterEach(() => rmSync(data, { recursive: true, force: true }))

const never = new AbortController().signal

/** Stands for a daemon of the data folder, which runs as the process `pid`. */
async function daemon(answer: RequestListener, pid = process.pid) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const token_file = join(data, 'api.token')
  writeFileSync(token_file, 'secret\n')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  writeFileSync(join(data, 'api.json'), JSON.stringify({ url, token_file, pid, version: '0' }))
  return {
    [Symbol.dispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

describe('a client', () => {
  it("the client gives the daemon's answer", async () => {
    using _server = await daemon((_request, answer) => answer.end('{"tasks":[]}'))
    expect(await (await findDaemon(data)).call('task.list', {}, never)).toEqual({ tasks: [] })
  })

  it('an answer that is cut off means that the daemon has gone', async () => {
    using _server = await daemon((_request, answer) => {
      answer.writeHead(200, { 'content-length': '100' })
      answer.write('{"tasks":', () => answer.destroy())
    })
    const client = await findDaemon(data)
    await expect(client.call('task.list', {}, never)).rejects.toMatchObject({ code: 'RIPPLE_NO_DAEMON' })
  })

  it("an abort in mid-answer rejects with the signal's reason", async () => {
    using _server = await daemon((_request, answer) => answer.write('{"tasks":'))
    const stop = new AbortController()
    const reason = new Error('enough')
    setTimeout(() => stop.abort(reason), 100)
    await expect((await findDaemon(data)).call('task.list', {}, stop.signal)).rejects.toBe(reason)
  })

  it('the client gives up on a silent daemon unless the verb waits by design', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const asked = Array.from({ length: 3 }, () => Promise.withResolvers<void>())
    const waiting = [...asked]
    using _server = await daemon(() => waiting.shift()?.resolve())
    const client = await findDaemon(data)
    const stop = new AbortController()
    const called = [
      client.call('task.post', { prompt: 'x' }, stop.signal),
      client.call('task.post', { prompt: 'x', wait: true }, stop.signal),
      client.call('drain', { wait: true }, stop.signal),
    ].map((call) => call.catch((thrown: unknown) => thrown))
    await Promise.all(asked.map(({ promise }) => promise))
    await vi.advanceTimersByTimeAsync(limits.client_call_ms)
    const reason = new Error('enough')
    stop.abort(reason)
    const late = { code: 'RIPPLE_TIMEOUT', facts: { what: "'task.post'", ms: limits.client_call_ms } }
    expect(await Promise.all(called)).toEqual([expect.objectContaining(late), reason, reason])
  })

  it("the client does not send its token to a stranger on a dead daemon's port", async () => {
    let asked = 0
    const dead = 2 ** 22 + 1
    using _server = await daemon((_request, answer) => {
      asked += 1
      answer.end('{}')
    }, dead)
    await expect(findDaemon(data)).rejects.toMatchObject({ code: 'RIPPLE_NO_DAEMON' })
    expect(asked).toBe(0)
  })
})
