import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bindPeer, checkBinding, peerIdOf } from '../../../host/net/binding.ts'
import { openPeerKey } from '../../../host/net/peer-key.ts'
import { agentKey } from './agents.ts'

describe('the binding of a libp2p identity to an agent', () => {
  it('a binding holds for the agent that it names and for no other', async () => {
    const binding = await bindPeer(await generateKeyPair('Ed25519'), agentKey('a'))
    expect(await checkBinding(agentKey('a'), binding)).toBe(true)
    expect(await checkBinding(agentKey('b'), binding)).toBe(false)
  })

  it('a binding does not hold for another key, a cut signature or a malformed key', async () => {
    const binding = await bindPeer(await generateKeyPair('Ed25519'), agentKey('a'))
    const other = await bindPeer(await generateKeyPair('Ed25519'), agentKey('a'))
    expect(await checkBinding(agentKey('a'), { ...binding, public_key: other.public_key })).toBe(false)
    expect(await checkBinding(agentKey('a'), { ...binding, signature: binding.signature.slice(2) })).toBe(
      false,
    )
    expect(await checkBinding(agentKey('a'), { public_key: 'x', signature: '' })).toBe(false)
  })

  it('a binding gives the peer id of its key', async () => {
    const key = await generateKeyPair('Ed25519')
    const binding = await bindPeer(key, agentKey('a'))
    expect(peerIdOf(binding.public_key)).toBe(peerIdFromPrivateKey(key).toString())
    expect(peerIdOf('zz')).toBeNull()
  })
})

describe('the file of the libp2p key', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ripple-key-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('the file of the libp2p key is made once, for its owner alone, and read again', async () => {
    const file = join(folder, 'peer.key')
    const made = await openPeerKey(file)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await openPeerKey(file)).equals(made)).toBe(true)
  })

  it('a key file with other content is refused and stays unchanged', async () => {
    const file = join(folder, 'broken.key')
    await writeFile(file, 'not a key')
    await chmod(file, 0o600)
    await expect(openPeerKey(file)).rejects.toMatchObject({ code: 'RIPPLE_FILE_UNREADABLE' })
    expect(await readFile(file, 'utf8')).toBe('not a key')
  })
})
