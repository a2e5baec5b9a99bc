import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { findWheel } from '../../../host/models/index-page.ts'

const wheel = { package: 'some-model', version: '1.0.0', member: 'some_model/data' }

let answer: (response: ServerResponse) => void
let index: string
const server = createServer((_request, response) => answer(response))
beforeEach(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  index = `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const find = (stall_ms?: number) => findWheel(index, wheel, AbortSignal.timeout(20_000), stall_ms)

test('a page without an end is read no further than a page may be', async () => {
  let sent = 0
  const chunk = Buffer.alloc(256 * 1024, ' ')
  answer = (response) => {
    const more = (): void => {
      if (response.destroyed) return
      sent += chunk.length
      if (response.write(chunk)) setImmediate(more)
      else response.once('drain', more)
    }
    more()
  }
  await expect(find()).rejects.toThrow('its page is too long')
  expect(sent).toBeLessThan(2 * limits.index_page_bytes_max)
})

test('an index that falls silent in the middle of its page is given up', async () => {
  answer = (response) => void response.write('<a href="x">')
  await expect(find(100)).rejects.toMatchObject({ code: 'RIPPLE_TIMEOUT' })
})
