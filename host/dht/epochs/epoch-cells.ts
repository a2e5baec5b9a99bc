/** Finds, makes and leaves the cells of the epochs. */
import { appendFile, readFile } from 'node:fs/promises'
import {
  type AdminWebsocket,
  type AgentPubKey,
  type AppInfo,
  type AppWebsocket,
  type CellId,
  CellType,
  type ClonedCell,
  type CreateCloneCellRequest,
  encodeHashToBase64,
  HolochainError,
} from '@holochain/client'
import { type EpochRules, epochOfSeed, epochSeed } from '../../config/epoch.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { headAfter } from '../call/chain-dump.ts'
import type { ForkGuard, WrittenChain } from '../fork-guard/fork-guard.ts'
import type { CellStart } from '../membership.ts'
import { fetchThroughGuest } from '../recovery/guest-app.ts'

/** The role whose cells come and go with the epochs. They are clones of its first cell, which is never written to. */
export const EPOCH_ROLE = 'resource_mesh'

/** The reason why no guest fetches a chain of a private network. */
const GUEST_WITHOUT_PROOF = 'in a private network only members hand over chains, and a guest has no proof'

/** The cell of one epoch. */
export interface EpochCell {
  readonly epoch: number
  readonly cell: CellId
}

/** The dependencies for opening and leaving epochs. */
export interface EpochCellsNeeds {
  readonly admin: AdminWebsocket
  readonly app: AppWebsocket
  readonly info: AppInfo
  /** The network's seed, without an epoch. */
  readonly seed: string
  readonly rules: EpochRules
  /** The start of each cell. */
  readonly start: CellStart
  /** Path of the hApp. */
  readonly happ: string
  /** Path of the list of epochs that were left, each with the key that wrote in it. */
  readonly leftFile: string
  readonly guard: ForkGuard
  /** Rejects with `RIPPLE_DISK_FULL` if there is too little room to make a cell. The engine may then stop half-way. */
  readonly checkRoom: () => Promise<void>
  /** Called for a new cell. Credentials of an earlier cell of that DNA belong to a chain that no longer exists. */
  readonly onMade: (cell: CellId) => Promise<void>
}

/** The open epochs of an app and their cells. */
export class EpochCells {
  readonly #needs: EpochCellsNeeds
  readonly #cells: EpochCell[]
  /** Seeds of the cells that the conductor may have registered without a chain. */
  readonly #unbegun = new Set<string>()

  private constructor(needs: EpochCellsNeeds, cells: EpochCell[]) {
    this.#needs = needs
    this.#cells = cells
  }

  /** Finds the epochs that are open, and finishes leaving those that were being left. Rejects as the client does. */
  static async read(needs: EpochCellsNeeds): Promise<EpochCells> {
    const clones = clonesOf(needs.info, needs.seed)
    for (const { clone } of clones) if (!clone.enabled) await removeClone(needs, clone)
    const open = clones.filter(({ clone }) => clone.enabled)
    return new EpochCells(
      needs,
      open.map(({ epoch, clone }) => ({ epoch, cell: clone.cell_id })),
    )
  }

  /** The open epochs, oldest first. */
  get list(): readonly EpochCell[] {
    return this.#cells
  }

  /**
   * Returns the cell of an epoch, and makes it if there is none. An epoch that was left is not joined again: the key has a
   * chain there, and a second one would be a fork. If the data folder is an old copy, a chain that the key has written may
   * be missing here. It is then fetched from the peers first. Rejects with `RIPPLE_EPOCH_LEFT`, `RIPPLE_RESTORE_FAILED`,
   * `RIPPLE_DISK_FULL`, with the guard's reason if nothing may be written, or as the client does.
   */
  async open(epoch: number): Promise<EpochCell> {
    const known = this.#cells.find((one) => one.epoch === epoch)
    if (known) return known
    const { info, seed, leftFile, guard } = this.#needs
    guard.refuseUnsound()
    await this.#needs.checkRoom()
    const left = await readFile(leftFile, 'utf8').catch(() => '')
    if (left.split('\n').includes(leftLine(seed, epoch, info.agent_pub_key)))
      throw new RippleError('RIPPLE_EPOCH_LEFT', { epoch })
    const network_seed = epochSeed(seed, epoch)
    const written = guard.written(EPOCH_ROLE, network_seed)
    await using _guest = written.length === 0 ? null : await this.#fetch(network_seed, written)
    const clone = await this.#create(network_seed)
    const made = { epoch, cell: clone.cell_id }
    await this.#needs.onMade(made.cell)
    this.#cells.push(made)
    this.#cells.sort((a, b) => a.epoch - b.epoch)
    const dna = encodeHashToBase64(clone.cell_id[0])
    await guard.begun({ role: EPOCH_ROLE, seed: network_seed, dna })
    // Chains in the epoch's other DNAs, from before an upgrade, stay as they are.
    for (const other of written) if (other.dna !== dna) guard.left(other.dna)
    return made
  }

  /**
   * Makes a cell. The conductor registers the cell before it begins the chain. If the chain fails, for example on a full
   * disk, the registration is removed. Otherwise the conductor would refuse each further try, and could never start the
   * cell.
   */
  async #create(network_seed: string): Promise<ClonedCell> {
    if (this.#unbegun.has(network_seed)) await this.#takeBack(network_seed)
    try {
      return await this.#needs.app.createCloneCell(epochClone(network_seed, this.#needs.start))
    } catch (thrown) {
      if (hasFailed(thrown)) {
        this.#unbegun.add(network_seed)
        await this.#takeBack(network_seed).catch(() => {})
      }
      throw thrown
    }
  }

  /** Removes the registration of a cell without a chain. Rejects as the client does. */
  async #takeBack(network_seed: string): Promise<void> {
    const { admin, app, seed } = this.#needs
    const clones = clonesOf(await app.appInfo(), seed).map(({ clone }) => clone)
    const noted = clones.find(({ dna_modifiers }) => dna_modifiers.network_seed === network_seed)
    if (noted && (await headAfter(admin, noted.cell_id, null)) === null) await removeClone(this.#needs, noted)
    this.#unbegun.delete(network_seed)
  }

  async #fetch(seed: string, written: readonly WrittenChain[]): Promise<AsyncDisposable | null> {
    const { admin, info, start, happ } = this.#needs
    const { properties, membrane_proof } = start
    if (membrane_proof) throw new RippleError('RIPPLE_RESTORE_FAILED', { detail: GUEST_WITHOUT_PROOF })
    const wanted = { agent: info.agent_pub_key, written }
    return fetchThroughGuest(admin, { happ, role: EPOCH_ROLE, seed, properties }, wanted)
  }

  /** Leaves an epoch for ever, and deletes its data. Rejects as the client does; the epoch may then be left or not. */
  async leave(epoch: number): Promise<void> {
    const index = this.#cells.findIndex((one) => one.epoch === epoch)
    const [gone] = index < 0 ? [] : this.#cells.splice(index, 1)
    if (!gone) return
    const { admin, app, info, seed, leftFile, guard } = this.#needs
    // This comes first: an epoch wrongly noted as left is only missed, but one left without a note would be forked.
    await appendFile(leftFile, `${leftLine(seed, epoch, info.agent_pub_key)}\n`, { mode: 0o600 })
    const clone_cell_id = { type: 'dna_hash', value: gone.cell[0] } as const
    await app.disableCloneCell({ clone_cell_id })
    await admin.deleteCloneCell({ app_id: info.installed_app_id, clone_cell_id })
    guard.left(encodeHashToBase64(gone.cell[0]))
  }
}

/** Returns the request that makes the cell of an epoch. `network_seed` is the epoch's seed. */
export function epochClone(network_seed: string, start: CellStart): CreateCloneCellRequest {
  const { properties, membrane_proof } = start
  const modifiers = { network_seed, properties }
  return { role_name: EPOCH_ROLE, name: network_seed, modifiers, ...(membrane_proof && { membrane_proof }) }
}

/** Returns the cells of all epochs of an app, enabled or not, oldest first. */
export function clonesOf(info: AppInfo, seed: string): { epoch: number; clone: ClonedCell }[] {
  const clones = (info.cell_info[EPOCH_ROLE] ?? []).flatMap((one) => {
    if (one.type !== CellType.Cloned) return []
    const epoch = epochOfSeed(seed, one.value.dna_modifiers.network_seed)
    return epoch === null ? [] : [{ epoch, clone: one.value }]
  })
  return clones.sort((a, b) => a.epoch - b.epoch)
}

/** Removes a clone with all its data, after disabling it if it is enabled. Rejects as the client does. */
async function removeClone(
  { admin, app, info }: Pick<EpochCellsNeeds, 'admin' | 'app' | 'info'>,
  clone: ClonedCell,
): Promise<void> {
  const clone_cell_id = { type: 'clone_id', value: clone.clone_id } as const
  if (clone.enabled) await app.disableCloneCell({ clone_cell_id })
  await admin.deleteCloneCell({ app_id: info.installed_app_id, clone_cell_id })
}

/** Whether the conductor reports that a cell was not made. After a time-out it may still be making the cell. */
function hasFailed(thrown: unknown): boolean {
  if (!(thrown instanceof HolochainError)) return false
  return thrown.name === 'internal_error' && !thrown.message.includes('with an existing id')
}

/** Returns the line of an epoch in the list of epochs that were left. */
export function leftLine(seed: string, epoch: number, agent: AgentPubKey): string {
  return `${epochSeed(seed, epoch)} ${encodeHashToBase64(agent)}`
}
