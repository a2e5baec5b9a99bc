// The cells of the epochs: how they are found, made and left.
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
import { type EpochRules, epochOfSeed, epochSeed } from '../config/epoch.ts'
import { RippleError } from '../errors/ripple-error.ts'
import { headAfter } from './chain-dump.ts'
import type { ForkGuard, WrittenChain } from './fork-guard.ts'
import { fetchAsGuest } from './guest.ts'

/** The role whose cells come and go with the epochs: they are clones of its first one, which nothing is written to. */
export const EPOCH_ROLE = 'resource_mesh'

/** The cell of one epoch. */
export interface EpochCell {
  readonly epoch: number
  readonly cell: CellId
}

/** What opening and leaving epochs needs. */
export interface EpochCellsNeeds {
  readonly admin: AdminWebsocket
  readonly app: AppWebsocket
  readonly info: AppInfo
  /** The network's seed, without an epoch. */
  readonly seed: string
  readonly rules: EpochRules
  /** Path of the hApp. */
  readonly happ: string
  /** Lists the epochs that were left, each with the key that wrote in it. */
  readonly leftFile: string
  readonly guard: ForkGuard
  /** Rejects with `RIPPLE_DISK_FULL` where there is too little room to make a cell: the engine may stop half-way then. */
  readonly checkRoom: () => Promise<void>
  /** Told of a cell that was made: credentials of an earlier one of that DNA are granted on a chain that is no more. */
  readonly onMade: (cell: CellId) => Promise<void>
}

/** The epochs that an app has cells of. */
export class EpochCells {
  readonly #needs: EpochCellsNeeds
  readonly #cells: EpochCell[]
  /** Seeds of the cells that the conductor may have noted without their chain. */
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

  /** The open ones, oldest first. */
  get list(): readonly EpochCell[] {
    return this.#cells
  }

  /**
   * The cell of an epoch, made where there is none. An epoch that was left is not joined again: the key has a chain
   * there, and a second one would be a fork. One that the key has written in and that is not here, because the data folder
   * is an old copy, is fetched from the peers first. Rejects with `RIPPLE_EPOCH_LEFT`, `RIPPLE_RESTORE_FAILED`,
   * `RIPPLE_DISK_FULL`, with the guard's reason where nothing may be written, or as the client does.
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
    // What was written to in another DNA, before an upgrade, stays there.
    for (const other of written) if (other.dna !== dna) guard.left(other.dna)
    return made
  }

  /**
   * Makes a cell. The conductor notes it before it begins its chain; where that fails, as on a full disk, the note is taken
   * back: with it, the conductor would refuse each further try, and could never start the cell.
   */
  async #create(network_seed: string): Promise<ClonedCell> {
    if (this.#unbegun.has(network_seed)) await this.#takeBack(network_seed)
    try {
      return await this.#needs.app.createCloneCell(epochClone(network_seed, this.#needs.rules))
    } catch (thrown) {
      if (hasFailed(thrown)) {
        this.#unbegun.add(network_seed)
        await this.#takeBack(network_seed).catch(() => {})
      }
      throw thrown
    }
  }

  /** Removes a cell that has no chain. Rejects as the client does. */
  async #takeBack(network_seed: string): Promise<void> {
    const { admin, app, seed } = this.#needs
    const clones = clonesOf(await app.appInfo(), seed).map(({ clone }) => clone)
    const noted = clones.find(({ dna_modifiers }) => dna_modifiers.network_seed === network_seed)
    if (noted && (await headAfter(admin, noted.cell_id, null)) === null) await removeClone(this.#needs, noted)
    this.#unbegun.delete(network_seed)
  }

  #fetch(seed: string, written: readonly WrittenChain[]): Promise<AsyncDisposable | null> {
    const { admin, info, rules, happ } = this.#needs
    const properties = { max_action_seq: rules.max_action_seq }
    const wanted = { agent: info.agent_pub_key, written }
    return fetchAsGuest(admin, { happ, role: EPOCH_ROLE, seed, properties }, wanted)
  }

  /** Leaves an epoch for ever, and deletes what is kept of it. Rejects as the client does; it may be left then or not. */
  async leave(epoch: number): Promise<void> {
    const index = this.#cells.findIndex((one) => one.epoch === epoch)
    const [gone] = index < 0 ? [] : this.#cells.splice(index, 1)
    if (!gone) return
    const { admin, app, info, seed, leftFile, guard } = this.#needs
    // Noted first: an epoch that is wrongly thought to be left is missed, the other way round is a fork.
    await appendFile(leftFile, `${leftLine(seed, epoch, info.agent_pub_key)}\n`, { mode: 0o600 })
    const clone_cell_id = { type: 'dna_hash', value: gone.cell[0] } as const
    await app.disableCloneCell({ clone_cell_id })
    await admin.deleteCloneCell({ app_id: info.installed_app_id, clone_cell_id })
    guard.left(encodeHashToBase64(gone.cell[0]))
  }
}

/** What makes the cell of an epoch, whose seed is `network_seed`. */
export function epochClone(network_seed: string, { max_action_seq }: EpochRules): CreateCloneCellRequest {
  const modifiers = { network_seed, properties: { max_action_seq } }
  return { role_name: EPOCH_ROLE, name: network_seed, modifiers }
}

/** The cells of all epochs of an app, whether it still takes part in them or not. */
export function clonesOf(info: AppInfo, seed: string): { epoch: number; clone: ClonedCell }[] {
  const clones = (info.cell_info[EPOCH_ROLE] ?? []).flatMap((one) => {
    if (one.type !== CellType.Cloned) return []
    const epoch = epochOfSeed(seed, one.value.dna_modifiers.network_seed)
    return epoch === null ? [] : [{ epoch, clone: one.value }]
  })
  return clones.sort((a, b) => a.epoch - b.epoch)
}

/** Removes a clone with all that is kept of it; one that is enabled is disabled first. Rejects as the client does. */
export async function removeClone(
  { admin, app, info }: Pick<EpochCellsNeeds, 'admin' | 'app' | 'info'>,
  clone: ClonedCell,
): Promise<void> {
  const clone_cell_id = { type: 'clone_id', value: clone.clone_id } as const
  if (clone.enabled) await app.disableCloneCell({ clone_cell_id })
  await admin.deleteCloneCell({ app_id: info.installed_app_id, clone_cell_id })
}

/** Whether the conductor itself says that a cell was not made: after a time-out it may still be at it. */
function hasFailed(thrown: unknown): boolean {
  if (!(thrown instanceof HolochainError)) return false
  return thrown.name === 'internal_error' && !thrown.message.includes('with an existing id')
}

/** How the file of epochs that were left names one of them. */
export function leftLine(seed: string, epoch: number, agent: AgentPubKey): string {
  return `${epochSeed(seed, epoch)} ${encodeHashToBase64(agent)}`
}
