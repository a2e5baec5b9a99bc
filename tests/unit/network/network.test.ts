import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { joinUrl, networkNames, readNetwork, resolveNetwork } from '../../../host/config/network.ts'

const plain = { bootstrap: null, localName: 'home' }

describe('shipped networks', () => {
  test.each(networkNames)('%s is valid and agrees with manifests/holochain/networks.json', (name) => {
    const file = readNetwork(name)
    const manifest = JSON.parse(
      readFileSync(new URL('../../../manifests/holochain/networks.json', import.meta.url), 'utf8'),
    )
    expect(manifest[name]).toMatchObject({ bootstrap_url: file.bootstrap_url, signal_url: file.signal_url })
  })

  test("an unknown network's name is refused", () => {
    expect(() => readNetwork('moonnet')).toThrowError(
      expect.objectContaining({ code: 'RIPPLE_NETWORK_INVALID' }),
    )
  })
})

describe('resolveNetwork', () => {
  test('only the seed of `local` carries a name', () => {
    const network = resolveNetwork(readNetwork('local'), plain)
    expect(network).toMatchObject({ seed: 'ripple-local-home', localName: 'home', bootstrapUrl: null })
    expect(resolveNetwork(readNetwork('testnet'), plain)).toMatchObject({
      seed: 'ripple-testnet',
      localName: null,
    })
  })

  test('a single URL names a local network', () => {
    const joined = resolveNetwork(readNetwork('local'), { ...plain, bootstrap: 'http://10.0.0.5:31000/#a1' })
    expect(joined).toMatchObject({ seed: 'ripple-local-a1', bootstrapUrl: 'http://10.0.0.5:31000' })
    expect(joinUrl('http://10.0.0.5:31000', 'a1')).toBe('http://10.0.0.5:31000#a1')
    expect(joinUrl('http://10.0.0.5:31000', null)).toBe('http://10.0.0.5:31000')
  })

  test("the URL's name wins over the configured one, which counts where the URL has none", () => {
    const nameOf = (bootstrap: string) =>
      resolveNetwork(readNetwork('local'), { bootstrap, localName: 'own' }).localName
    expect(nameOf('http://h:1#url')).toBe('url')
    expect(nameOf('http://h:1')).toBe('own')
  })

  test("the forwarder's port follows from the seed, below the systems' ephemeral ports", () => {
    const ports = ['a', 'b', 'c', 'd'].map(
      (localName) => resolveNetwork(readNetwork('local'), { ...plain, localName }).forwardPort,
    )
    expect(new Set(ports).size).toBe(4)
    for (const port of ports) expect(port).toSatisfy((value: number) => value >= 21_000 && value < 31_000)
    const again = resolveNetwork(readNetwork('local'), { ...plain, localName: 'a' })
    expect(again.conductorUrl).toBe(`http://127.0.0.1:${ports[0]}`)
  })

  test.each([
    ['local', 'ftp://10.0.0.5'],
    ['local', 'no url'],
    ['local', 'http://user@10.0.0.5:1'],
    ['local', 'http://10.0.0.5:1?x=y'],
    ['local', 'http://10.0.0.5:1#a%20b'],
    ['testnet', 'http://10.0.0.5:1#a1'],
  ])('%s refuses %s', (name, bootstrap) => {
    expect(() => resolveNetwork(readNetwork(name), { ...plain, bootstrap })).toThrowError(
      expect.objectContaining({ code: 'RIPPLE_NETWORK_INVALID' }),
    )
  })
})
