/** Tests the addresses on which a bootstrap server may listen. */
import type { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { readListenAddress } from '../../../../host/daemon/machine/listen-address.ts'

const card = { netmask: '', mac: '', cidr: null, internal: false } as const
const interfaces: ReturnType<typeof networkInterfaces> = {
  lo: [{ ...card, address: '127.0.0.1', family: 'IPv4', internal: true }],
  eth0: [
    { ...card, address: '192.168.1.20', family: 'IPv4' },
    { ...card, address: 'fd00::2', family: 'IPv6', scopeid: 0 },
    { ...card, address: 'fe80::1', family: 'IPv6', scopeid: 2 },
  ],
}

test.each([
  ['192.168.1.20:41000', '192.168.1.20:41000'],
  ['localhost:0', '127.0.0.1:0'],
  ['127.0.0.7:1', '127.0.0.7:1'],
  ['0.0.0.0:31000', '0.0.0.0:31000'],
  ['[::]:31000', '[::]:31000'],
  ['[fd00:0:0::2]:9', '[fd00:0:0::2]:9'],
])('a bootstrap server may listen on %s', (text, listen) => {
  expect(readListenAddress(text, interfaces).listen).toBe(listen)
})

test.each([
  ['9.9.9.9:1', 'not an address of this machine'],
  ['[fd00::3]:1', 'not an address of this machine'],
  ['attic.lan:31000', 'with an IP address'],
  ['300.1.1.1:5', 'with an IP address'],
  ['fd00::2:5', 'not IP:PORT'],
  ['192.168.1.20', 'not IP:PORT'],
  ['192.168.1.20:http', 'not IP:PORT'],
  ['192.168.1.20:65536', 'at most 65535'],
  [':31000', 'with an IP address'],
])('a bootstrap server refuses %s and names the addresses of this machine', (text, why) => {
  expect(() => readListenAddress(text, interfaces)).toThrow(
    expect.objectContaining({
      code: 'RIPPLE_LISTEN_ADDRESS',
      message: expect.stringContaining(why),
      hint: 'name one of 127.0.0.1, 192.168.1.20, [fd00::2]',
    }),
  )
})
