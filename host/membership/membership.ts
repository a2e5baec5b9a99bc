/** Holds this machine's membership of a private network, and judges that of others. */
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Membrane, MembraneProof, Revocation } from '../../zomes-bindings/generated/membrane.ts'
import { membraneOf, type PrivateNetwork, seedOf, writePrivateNetwork } from '../config/private-networks.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { PeerNode } from '../net/libp2p.ts'
import type { Rules } from '../rules/rules.ts'
import type { AgentKey } from '../types/events.ts'
import type { Journal } from '../work/journal/port.ts'
import { readInvite } from './invite-line.ts'
import { askInviter } from './invite-protocol.ts'
import { type IssuerKey, issuerOf, signProof, signRevocation } from './statements.ts'

/** The reason why a machine that nobody has invited is refused. */
export const NO_PROOF = 'it has no proof of membership, and no invite'

/** The parts that a membership uses. */
export interface MembershipNeeds {
  /** The data folder. */
  readonly data: string
  readonly network: PrivateNetwork
  readonly node: Pick<PeerNode, 'connect' | 'key'>
  readonly rules: Pick<Rules, 'checkMembership' | 'checkRevocation'>
  /** Keeps the revoked agents, which a start refuses before its conductor can be asked. */
  readonly journal: Pick<Journal, 'get' | 'put'>
  readonly now: () => number
}

/** The membership of a private network: this machine's proof, its right to invite, and the members that were revoked. */
export class PrivateMembership {
  readonly membrane: Membrane
  readonly #needs: MembershipNeeds
  #network: PrivateNetwork
  readonly #revoked: Set<AgentKey>
  /** The rules' verdicts on proofs, by the proofs' texts: a signature is verified once. */
  readonly #judged = new LRUCache<string, { readonly reason: string | null }>({
    max: limits.presence_agents_max,
  })

  private constructor(needs: MembershipNeeds, membrane: Membrane, revoked: readonly AgentKey[]) {
    this.#needs = needs
    this.#network = needs.network
    this.membrane = membrane
    this.#revoked = new Set(revoked)
  }

  /** Reads the members that were revoked; a damaged list counts as empty. Rejects as the journal does. */
  static async open(needs: MembershipNeeds): Promise<PrivateMembership> {
    const membrane = membraneOf(needs.network)
    const kept = z.array(z.string()).safeParse(await needs.journal.get('meta', keyOf(membrane)))
    return new PrivateMembership(needs, membrane, kept.data ?? [])
  }

  /** The key for which the inviter was asked, while no proof has come. */
  get askedFor(): AgentKey | null {
    return this.#network.asked_for
  }

  /** This machine's proof; undefined before it has joined. */
  get proof(): MembraneProof | undefined {
    return this.#network.proof ?? undefined
  }

  /** This machine's right to make members; null without one. */
  get issuer(): IssuerKey | null {
    return issuerOf(this.membrane, this.#needs.node.key, this.#network.delegation)
  }

  /**
   * Returns the proof that this machine's agent is a member. An issuer signs its own; any other machine asks its inviter.
   * Rejects with `RIPPLE_NOT_MEMBER`, `RIPPLE_INVITE_EXPIRED`, `RIPPLE_INVITE_REFUSED`, `RIPPLE_INVITER_UNREACHABLE`.
   */
  async proofOf(agent: AgentKey): Promise<MembraneProof> {
    const { proof } = this.#network
    if (proof?.agent === agent) return this.#checked(agent, proof, 'its proof is worth nothing')
    const { issuer } = this
    if (issuer !== null) {
      const own = await signProof(this.membrane, issuer, agent, null)
      return this.#keep(own, this.#network.delegation)
    }
    const { invite: line } = this.#network
    if (line === null) throw notMember(NO_PROOF)
    const invite = await readInvite(line, this.#needs.now())
    // This comes first: the inviter counts the use, and a later try must ask for the same key.
    await this.#write({ ...this.#network, asked_for: agent })
    const seed = seedOf(this.#network.local_name)
    const answer = await askInviter(this.#needs.node, invite, { seed, agent })
    this.#checked(agent, answer.proof, "the inviter's proof is worth nothing")
    return this.#keep(answer.proof, answer.delegation)
  }

  /** Returns the reason why an agent is not a member; null if it is one. */
  refusal(agent: AgentKey, proof: MembraneProof | undefined): string | null {
    if (this.#revoked.has(agent)) return 'its membership was revoked'
    const name = `${agent} ${JSON.stringify(proof)}`
    const known = this.#judged.get(name)
    if (known) return known.reason
    const reason = this.#needs.rules.checkMembership(this.membrane, agent, proof ?? null)
    this.#judged.set(name, { reason })
    return reason
  }

  /** Whether an agent's membership was revoked. */
  isRevoked(agent: AgentKey): boolean {
    return this.#revoked.has(agent)
  }

  /** Ends an agent's membership here, and returns the signed revocation. Throws `RIPPLE_NOT_ISSUER`. */
  async revoke(agent: AgentKey): Promise<Revocation> {
    const { issuer } = this
    if (issuer === null) throw new RippleError('RIPPLE_NOT_ISSUER', { network: this.#network.local_name })
    return signRevocation(this.membrane, issuer, agent, this.#needs.now())
  }

  /** Takes a revocation. Returns whether it is new and an issuer has signed it. */
  take(revocation: Revocation): boolean {
    if (this.#revoked.has(revocation.agent)) return false
    if (this.#needs.rules.checkRevocation(this.membrane, revocation) !== null) return false
    this.#revoked.add(revocation.agent)
    // If the list cannot be written, the next run takes the revocation from `policy_store` again.
    void this.#needs.journal.put('meta', keyOf(this.membrane), [...this.#revoked]).catch(() => {})
    return true
  }

  /** Returns the proof if it counts by the rules. Throws `RIPPLE_NOT_MEMBER`. */
  #checked(agent: AgentKey, proof: MembraneProof, what: string): MembraneProof {
    const refused = this.#needs.rules.checkMembership(this.membrane, agent, proof)
    if (refused !== null) throw notMember(`${what}: ${refused}`)
    return proof
  }

  async #keep(proof: MembraneProof, delegation: string | null): Promise<MembraneProof> {
    await this.#write({ ...this.#network, proof, delegation, asked_for: null })
    return proof
  }

  async #write(network: PrivateNetwork): Promise<void> {
    await writePrivateNetwork(this.#needs.data, network)
    this.#network = network
  }
}

/** Returns the journal key of a network's revoked agents. */
function keyOf({ network }: Membrane): string {
  return `revoked ${network}`
}

function notMember(detail: string): RippleError {
  return new RippleError('RIPPLE_NOT_MEMBER', { detail })
}
