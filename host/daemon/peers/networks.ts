/** Lists, makes and chooses the networks of a data folder, and takes invites. */
import { readFile, rm } from 'node:fs/promises'
import { checkDataFolder } from '../../config/check-data.ts'
import type { Config } from '../../config/config.ts'
import { writeLastNetwork } from '../../config/last-network.ts'
import { readNetwork, resolveNetwork } from '../../config/network.ts'
import { dataPaths } from '../../config/paths.ts'
import {
  forgetPrivateNetwork,
  listPrivateNetworks,
  type PrivateNetwork,
  privateName,
  readPrivateNetwork,
  seedOf,
  writePrivateNetwork,
} from '../../config/private-networks.ts'
import type { ConfigLayer } from '../../config/settings.ts'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { writeAtomic } from '../../files/write-atomic.ts'
import { takeCode } from '../../membership/code-exchange.ts'
import { hasStrangers, type Invite, readInvite } from '../../membership/invite-line.ts'
import { readCode } from '../../membership/spoken-code.ts'
import { openPeerKey, signingKey } from '../../net/peer-key.ts'
import type { NetworkView } from '../../operations/context.ts'
import type { Joining, LocalNetworks } from '../../operations/local.ts'
import { localName } from '../../types/machine-forms.ts'
import { ownKey } from '../machine/own-key.ts'
import { writePrivately } from '../machine/restrict-umask.ts'

/** The parts that the networks of a data folder use. */
export interface NetworksNeeds {
  readonly data: string
  configure(flags: ConfigLayer): Config
  /** Returns the pid of the folder's daemon; null if none runs. */
  pid(): Promise<number | null>
}

/** Opens the networks of a data folder. Nothing is read before it is needed. */
export function openNetworks(needs: NetworksNeeds): LocalNetworks {
  const { data } = needs
  return {
    list: () => listNetworks(needs),
    show: async (name) => {
      const known = await listNetworks(needs)
      const found = name === null ? known.find(({ current }) => current) : pick(known, name)
      if (!found) throw new RippleError('RIPPLE_NETWORK_UNKNOWN', { name: name ?? '' })
      return found
    },
    create: async (name) => {
      await checkFolder(data)
      writePrivately()
      const key = signingKey(await openPeerKey(dataPaths(data).peerKey))
      const local_name = privateName(name, key.publicKey)
      if ((await readPrivateNetwork(data, local_name)) !== null)
        throw new RippleError('RIPPLE_NETWORK_EXISTS', { name: local_name })
      const own = { delegation: null, proof: null, invite: null, asked_for: null }
      const made: PrivateNetwork = { local_name, founder: key.publicKey, ...own }
      await writePrivateNetwork(data, made)
      await choose(needs, local_name)
      return viewOf(made, key.publicKey, local_name)
    },
    use: async (name) => {
      await checkFolder(data)
      writePrivately()
      const wanted =
        pick(
          (await listNetworks(needs)).filter((one) => one.private),
          name,
        )?.name ?? name
      if (!localName.safeParse(wanted).success) throw new RippleError('RIPPLE_NETWORK_UNKNOWN', { name })
      await choose(needs, wanted)
      const chosen = (await listNetworks(needs)).find(({ current }) => current)
      if (!chosen) throw new RippleError('RIPPLE_NETWORK_UNKNOWN', { name })
      return chosen
    },
    accept: async (given, signal) => {
      const code = readCode(given)
      return accept(needs, code === null ? given : await takeCode(code, signal))
    },
  }
}

/** Lists the private networks, and the network of the next start. */
async function listNetworks({ data, configure }: NetworksNeeds): Promise<NetworkView[]> {
  const config = configure({})
  const file = readNetwork(config.network, config.network_file)
  const next = resolveNetwork(file, { bootstrap: config.bootstrap_url, localName: config.local.name })
  const own = await ownKey(data)
  const known = (await listPrivateNetworks(data)).map((one) => viewOf(one, own, next.localName))
  if (known.some(({ current }) => current)) return known
  const open = { private: false, role: 'open', current: true, founder: null, agent: null } as const
  return [{ name: next.localName ?? next.name, seed: next.seed, ...open }, ...known]
}

function viewOf(network: PrivateNetwork, own: string | null, next: string | null): NetworkView {
  const { local_name: name, founder, delegation, proof } = network
  const joined = delegation === null ? 'member' : 'delegate'
  const role = founder === own ? 'founder' : proof === null ? 'invited' : joined
  const agent = proof?.agent ?? null
  return { name, private: true, role, current: name === next, seed: seedOf(name), founder, agent }
}

/** Returns the network of that name, or the only one whose name begins with it and a part of a key. */
function pick(known: readonly NetworkView[], name: string): NetworkView | undefined {
  const [only, ...more] = known.filter((one) => one.private && one.name.startsWith(`${name}-`))
  return known.find((one) => one.name === name) ?? (more.length === 0 ? only : undefined)
}

/** Makes the next start join a local network. */
async function choose({ configure }: NetworksNeeds, name: string): Promise<void> {
  await writeLastNetwork(configure({ network: 'local', local: { name }, bootstrap_url: null }))
}

/** Rejects with `RIPPLE_DATA_OTHER_NETWORK` if the folder belongs to another network than `network`. */
async function checkFolder(data: string, network = 'local'): Promise<void> {
  await checkDataFolder(data)
  const found = (await readFile(dataPaths(data).network, 'utf8').catch(() => '')).trim()
  if (found !== '' && found !== network)
    throw new RippleError('RIPPLE_DATA_OTHER_NETWORK', { data, found, wanted: network })
}

async function accept(needs: NetworksNeeds, line: string): Promise<Joining> {
  const { data } = needs
  const invite = await readInvite(line, Date.now())
  await checkFolder(data, invite.network)
  const areStrangers = hasStrangers(invite)
  if (!areStrangers && (await needs.pid()) !== null) throw new RippleError('RIPPLE_DATA_IN_USE', { data })
  writePrivately()
  const { lastNetwork } = dataPaths(data)
  const last = await readFile(lastNetwork, 'utf8').catch(() => null)
  const name = invite.localName ?? invite.network
  const known = await noteInvite(data, invite, line.trim())
  return {
    name,
    flags: flagsOf(invite),
    line: areStrangers ? line.trim() : null,
    failed: async (thrown) => {
      await (last === null ? rm(lastNetwork, { force: true }) : writeAtomic(lastNetwork, last))
      const left =
        known || invite.localName === null ? null : await readPrivateNetwork(data, invite.localName)
      // The inviter may have counted the use, if its answer was lost: a later try asks for the same key.
      const isCounted = left?.asked_for !== null && toRippleError(thrown).code !== 'RIPPLE_INVITE_REFUSED'
      if (left !== null && left.proof === null && !isCounted) await forgetPrivateNetwork(data, name)
    },
  }
}

/** Notes the private network of an invite. Returns whether it was known before. Rejects with `RIPPLE_INVITE_INVALID`. */
async function noteInvite(
  data: string,
  { localName: local_name, founder }: Invite,
  line: string,
): Promise<boolean> {
  if (local_name === null || founder === null) return true
  const before = await readPrivateNetwork(data, local_name)
  if (before !== null && before.founder !== founder)
    throw new RippleError('RIPPLE_INVITE_INVALID', {
      detail: `this data folder knows '${local_name}' with another founder`,
    })
  const none = { local_name, founder, delegation: null, proof: null, asked_for: null }
  await writePrivateNetwork(data, { ...(before ?? none), invite: line })
  return before !== null
}

/** Returns the settings with which a start joins the network of an invite. */
function flagsOf({ network, localName: name, server, addresses }: Invite): ConfigLayer {
  if (name === null) return { network, ...(server !== null && { bootstrap_url: server }) }
  if (server !== null) return { network, bootstrap_url: `${server}#${name}` }
  // Where mDNS does not reach, the inviter's address does.
  return { network, local: { name }, bootstrap_url: null, net: { peers: addresses.slice(0, 1) } }
}
