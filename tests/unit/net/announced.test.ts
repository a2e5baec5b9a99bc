import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import { announced } from '../../../host/net/announced.ts'

const at = (address: string) => [{ address } as NetworkInterfaceInfo]
const interfaces = {
  lo: at('127.0.0.1'),
  eth0: at('192.168.1.20'),
  docker0: at('172.17.0.1'),
  'br-7f3': at('172.18.0.1'),
  tailscale0: at('100.101.102.103'),
}
const hosts = (...names: string[]) => names.map((host) => `/ip4/${host}/tcp/4001`)

test.each([
  [
    'a card wins over loopback, bridges and a private network',
    ['127.0.0.1', '192.168.1.20', '172.17.0.1', '172.18.0.1', '100.101.102.103'],
    ['192.168.1.20'],
  ],
  ['two cards are both announced', ['192.168.1.20', '10.0.0.7'], ['192.168.1.20', '10.0.0.7']],
  ['a private network wins without a card', ['127.0.0.1', '172.17.0.1', '100.64.0.1'], ['100.64.0.1']],
  ['a bridge wins over loopback', ['127.0.0.1', '172.17.0.1'], ['172.17.0.1']],
  ['loopback is announced alone', ['127.0.0.1'], ['127.0.0.1']],
  ['100.128.0.1 counts as a card', ['100.128.0.1', '100.127.0.1'], ['100.128.0.1']],
])('%s', (_what, all, best) => {
  expect(announced(hosts(...all), interfaces)).toEqual(hosts(...best))
})
