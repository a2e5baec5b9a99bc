/** Prepares cells for signed zome calls. */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AdminWebsocket,
  type AppWebsocket,
  type CellId,
  generateSigningKeyPair,
  type HolochainError,
  setSigningCredentials,
} from '@holochain/client'
import { openFunctions } from '../../../zomes-bindings/index.ts'
import { RippleError, toRippleError } from '../../errors/ripple-error.ts'
import { limits } from '../../limits.ts'
import { withoutSecret } from './call-error.ts'
import { type CredentialsFile, cellName } from './credentials.ts'

/** The tag of the grant that `init` writes. */
const OPEN = 'open'

/** The dependencies for preparing cells. */
export interface PrepareNeeds {
  readonly appId: string
  readonly admin: AdminWebsocket
  readonly app: AppWebsocket
  readonly credentials: CredentialsFile
  /** Throws the reason if nothing at all may be written now. The first call of a cell writes. */
  refuseUnsound(): void
  /** Resolves when the grants may be written to a cell's chain. Rejects with `RIPPLE_CHAIN_BEHIND`. */
  mayWrite(cell: CellId): Promise<void>
  /** Called when a cell's chain may have been written to. */
  wrote(cell: CellId): Promise<void>
}

/**
 * Cells that are authorized for signing and initialized when they are first used. Initializing also proves that signed
 * calls work. A cell that is never used costs its conductor no memory, because `init` loads its zomes.
 */
export class PreparedCells {
  readonly #needs: PrepareNeeds
  readonly #prepared = new Map<string, Promise<CellId>>()

  constructor(needs: PrepareNeeds) {
    this.#needs = needs
  }

  /**
   * Returns the cell once it is ready for calls. Rejects with `RIPPLE_GRANT_SHAPE`, `RIPPLE_CHAIN_BEHIND` or the client's
   * error; a later call tries again.
   */
  ready(cell: CellId): Promise<CellId> {
    const name = cellName(cell)
    const known = this.#prepared.get(name)
    if (known) return known
    const preparing = this.#prepare(cell)
    this.#prepared.set(name, preparing)
    preparing.catch(() => this.#prepared.delete(name))
    return preparing
  }

  /**
   * Does as `ready` for a start, but waits if the chain lacks own actions and the cell has no credentials, as after
   * `ripple restore`. Peers bring those actions only while the conductor runs, and a start that fails ends it. Rejects with
   * `RIPPLE_CHAIN_BEHIND` when they do not come, or the conductor has gone.
   */
  async readyWhenWhole(cell: CellId): Promise<CellId> {
    const { socket } = this.#needs.admin.client
    const deadline = performance.now() + limits.restore_ms
    for (;;) {
      try {
        return await this.ready(cell)
      } catch (thrown) {
        const over = performance.now() > deadline || socket.readyState !== socket.OPEN
        if (over || toRippleError(thrown).code !== 'RIPPLE_CHAIN_BEHIND') throw thrown
      }
      await sleep(limits.head_look_ms)
    }
  }

  async #prepare(cell: CellId): Promise<CellId> {
    const { credentials, refuseUnsound, wrote } = this.#needs
    refuseUnsound()
    const kept = credentials.get(cell)
    if (kept === null) await authorize(cell, this.#needs)
    else setSigningCredentials(cell, kept)
    await initialize(cell, this.#needs)
    if (kept === null) await openAgain(cell, this.#needs)
    await wrote(cell)
    return cell
  }
}

async function authorize(cell: CellId, needs: PrepareNeeds): Promise<void> {
  const { admin, credentials } = needs
  await needs.mayWrite(cell)
  const [keyPair, signingKey] = await generateSigningKeyPair()
  const capSecret = await admin
    .grantSigningKey(cell, { type: 'all' }, signingKey)
    .catch((error: HolochainError) => {
      if (error.name !== 'deserialization') throw error
      throw new RippleError('RIPPLE_GRANT_SHAPE', { detail: error.message }, { cause: error })
    })
  await credentials.set(cell, { capSecret, keyPair, signingKey })
  setSigningCredentials(cell, { capSecret, keyPair, signingKey })
}

/**
 * Calls `init`, which the engine answers for every cell. Replaces credentials that belong to a chain that no longer exists.
 */
async function initialize(cell: CellId, needs: PrepareNeeds): Promise<void> {
  const { admin, app } = needs
  const definition = await admin.getDnaDefinition(cell)
  const zome = definition.coordinator_zomes[0]?.[0] ?? ''
  const call = () => app.callZome({ cell_id: cell, zome_name: zome, fn_name: 'init', payload: null })
  await call().catch(async (error: HolochainError) => {
    if (!isUnauthorized(error)) throw error
    await authorize(cell, needs)
    await call().catch((again: HolochainError) => {
      if (!isUnauthorized(again)) throw again
      throw new RippleError('RIPPLE_GRANT_SHAPE', { detail: withoutSecret(again.message) })
    })
  })
}

/**
 * Grants every peer the functions that `init` grants, if the chain lacks that grant. It is a private entry, so peers that
 * handed the chain over did not have it. Credentials are new on such a chain, and on one that begins.
 */
async function openAgain(cell: CellId, { admin, appId }: PrepareNeeds): Promise<void> {
  const zomes = (await admin.getDnaDefinition(cell)).coordinator_zomes.map(([name]) => name)
  const open = openFunctions.find(({ zome }) => zomes.includes(zome))
  if (open === undefined) return
  const listed = await admin.listCapabilityGrants({ installed_app_id: appId, include_revoked: false })
  const own = listed.find(([of]) => cellName(of) === cellName(cell))?.[1] ?? []
  if (own.some(({ cap_grant }) => cap_grant.tag === OPEN)) return
  await admin.grantZomeCallCapability({
    cell_id: cell,
    cap_grant: {
      tag: OPEN,
      access: { type: 'unrestricted' },
      functions: { type: 'listed', value: [[open.zome, open.fn]] },
    },
  })
}

function isUnauthorized(error: HolochainError): boolean {
  return error.name === 'zome_call_unauthorized' || error.name === 'zome_call_authentication_failed'
}
