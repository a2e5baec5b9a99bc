/** Keeps the invites that this machine has made, and who has joined with them. */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { RippleError } from '../errors/ripple-error.ts'
import { limits } from '../limits.ts'
import type { Journal } from '../work/journal/port.ts'

/** Journal key of the invites. */
const KEY = 'invites'

const openInvite = z.strictObject({
  id: z.string(),
  /** The network's seed. */
  seed: z.string(),
  expires_at: z.number(),
  once: z.boolean(),
  /** Whether a machine that joins with it may invite others. */
  delegate: z.boolean(),
  /** The machines that have joined with it: agents on a private network, libp2p keys on an open one. */
  used_by: z.array(z.string()),
})

/** An invite as its inviter keeps it. */
export type OpenInvite = z.output<typeof openInvite>

/** The decision about a machine that wants to join with an invite. */
export type Redeemed = { readonly invite: OpenInvite } | { readonly refused: string }

/** The invites of this machine, in its journal. */
export class OpenInvites {
  readonly #journal: Pick<Journal, 'get' | 'put'>
  readonly #now: () => number
  #invites: readonly OpenInvite[]
  /** Changes run one at a time, so that a single-use invite has one user. */
  #changing: Promise<unknown> = Promise.resolve()

  private constructor(journal: Pick<Journal, 'get' | 'put'>, now: () => number, invites: OpenInvite[]) {
    this.#journal = journal
    this.#now = now
    this.#invites = invites
  }

  /** Reads the invites. Rejects as the journal does. */
  static async read(journal: Pick<Journal, 'get' | 'put'>, now: () => number): Promise<OpenInvites> {
    const kept = z.array(openInvite).safeParse(await journal.get('meta', KEY))
    return new OpenInvites(journal, now, kept.success ? kept.data : [])
  }

  /** Returns the invites that have not expired. */
  list(): readonly OpenInvite[] {
    return this.#invites.filter(({ expires_at }) => expires_at > this.#now())
  }

  /** Makes an invite. Rejects with `RIPPLE_INVITE_MANY`, `RIPPLE_DISK_FULL`. */
  add(given: Pick<OpenInvite, 'seed' | 'expires_at' | 'once' | 'delegate'>): Promise<OpenInvite> {
    return this.#change(async () => {
      if (this.list().length >= limits.invites_max)
        throw new RippleError('RIPPLE_INVITE_MANY', { max: limits.invites_max })
      const made = { ...given, id: randomBytes(8).toString('hex'), used_by: [] }
      await this.#save([...this.list(), made])
      return made
    })
  }

  /**
   * Lets a machine join with an invite. The use is on disk before this resolves. The same machine may ask again, because an
   * answer may be lost. Rejects with `RIPPLE_DISK_FULL`.
   */
  redeem(id: string, seed: string, machine: string): Promise<Redeemed> {
    return this.#change(async () => {
      const invite = this.#invites.find((one) => one.id === id && one.seed === seed)
      if (!invite)
        return { refused: 'this machine has made no such invite for that network, or has withdrawn it' }
      if (invite.expires_at <= this.#now())
        return { refused: `it expired at ${new Date(invite.expires_at).toISOString()}` }
      if (invite.used_by.includes(machine)) return { invite }
      if (invite.once && invite.used_by.length > 0)
        return { refused: 'another machine has joined with it already' }
      if (invite.used_by.length >= limits.invite_uses_max)
        return { refused: `${limits.invite_uses_max} machines have joined with it already` }
      const used = { ...invite, used_by: [...invite.used_by, machine] }
      await this.#save(this.list().map((one) => (one === invite ? used : one)))
      return { invite: used }
    })
  }

  /** Withdraws the invites with which a machine has joined. Rejects with `RIPPLE_DISK_FULL`. */
  withdraw(machine: string): Promise<void> {
    return this.#change(async () => {
      const rest = this.#invites.filter(({ used_by }) => !used_by.includes(machine))
      if (rest.length < this.#invites.length) await this.#save(rest)
    })
  }

  async #save(invites: readonly OpenInvite[]): Promise<void> {
    await this.#journal.put(
      'meta',
      KEY,
      invites.map((one) => ({ ...one })),
    )
    this.#invites = invites
  }

  #change<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(work)
    this.#changing = done.catch(() => {})
    return done
  }
}
