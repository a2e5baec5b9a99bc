/** Reads the libp2p key of a data folder without making one. */
import { readFile } from 'node:fs/promises'
import { dataPaths } from '../../config/paths.ts'
import { openPeerKey, signingKey } from '../../net/peer-key.ts'

/** Returns the libp2p key of a data folder, 64 hex digits; null before its first start. */
export async function ownKey(data: string): Promise<string | null> {
  const file = dataPaths(data).peerKey
  const isThere = await readFile(file).then(
    () => true,
    () => false,
  )
  return isThere ? signingKey(await openPeerKey(file)).publicKey : null
}
