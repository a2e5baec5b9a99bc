import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { isOutside } from '../../../host/net/own-subnets.ts'

const card = (address: string, bits: number, family: 'IPv4' | 'IPv6') => ({
  ...{ address, netmask: '', mac: '', internal: false, cidr: `${address}/${bits}` },
  ...(family === 'IPv4' ? { family } : { family, scopeid: 0 }),
})
const interfaces = {
  lo: [card('127.0.0.1', 8, 'IPv4')],
  eth0: [card('192.168.1.20', 24, 'IPv4'), card('fd00::20', 64, 'IPv6')],
}

test.each([
  ['/ip4/192.168.1.7/tcp/4001', false],
  ['/ip4/127.0.0.1/tcp/4001', false],
  ['/ip6/fd00::7/tcp/4001', false],
  ['/ip4/192.168.2.7/tcp/4001', true],
  ['/ip4/203.0.113.7/tcp/4001', true],
  ['/ip6/2001:db8::7/tcp/4001', true],
  ['/dns4/example.org/tcp/4001', false],
])('%s lies beyond the own networks: %s', (address, expected) => {
  expect(isOutside(multiaddr(address), interfaces)).toBe(expected)
})
