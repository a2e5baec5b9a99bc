import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import { interfaceFacts, routeOf } from '../../../../host/daemon/facts/interfaces.ts'

/** Makes one address of an interface. */
function address(cidr: string, internal = false): NetworkInterfaceInfo {
  const [at = ''] = cidr.split('/')
  const common = { address: at, cidr, internal, mac: '', netmask: '' }
  return at.includes(':') ? { ...common, family: 'IPv6', scopeid: 0 } : { ...common, family: 'IPv4' }
}

test('interfaces have the kind that their name and address say', () => {
  const kinds = interfaceFacts({
    lo: [address('127.0.0.1/8', true)],
    eth0: [address('192.168.1.20/24'), address('fe80::1/64'), address('2001:db8::7/64')],
    docker0: [address('172.17.0.1/16')],
    wg0: [address('10.8.0.2/24')],
    cgnat: [address('100.64.3.4/10')],
    wlan0: [address('169.254.7.7/16')],
  }).map(({ name, address: at, prefix, kind }) => [name, at, prefix, kind])
  expect(kinds).toEqual([
    ['eth0', '192.168.1.20', 24, 'lan'],
    ['eth0', '2001:db8::7', 64, 'lan'],
    ['docker0', '172.17.0.1', 16, 'bridge'],
    ['wg0', '10.8.0.2', 24, 'vpn'],
    ['cgnat', '100.64.3.4', 10, 'vpn'],
  ])
})

const head = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT'
const row = (name: string, to: string, mask: string, flags = '0003') =>
  [name, to, '00000000', flags, '0', '0', '0', mask, '0', '0', '0'].join('\t')
const MDNS = 0xe00000fb

test.each([
  ['the default route without a better one', [row('eth0', '00000000', '00000000')], 'eth0'],
  [
    'the route of multicast before the default one',
    [row('wg0', '00000000', '00000000'), row('eth0', '000000E0', '000000F0')],
    'eth0',
  ],
  ['no route to another network', [row('eth0', '0001A8C0', '00FFFFFF')], ''],
  ['no route that is down', [row('eth0', '00000000', '00000000', '0002')], ''],
])('mDNS takes %s', (_what, rows, name) => {
  expect(routeOf([head, ...rows, ''].join('\n'), MDNS)).toBe(name)
})
