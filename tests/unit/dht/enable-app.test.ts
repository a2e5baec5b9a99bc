import {
  type AdminWebsocket,
  type AppInfo,
  type AppWebsocket,
  CellType,
  encodeHashToBase64,
  HolochainError,
} from '@holochain/client'
import { describe, expect, test } from 'vitest'
import { epochSeed } from '../../../host/config/epoch.ts'
import { enableApp } from '../../../host/dht/enable-app.ts'

const SEED = 'net'
const me = Uint8Array.from([132, 32, 36, ...new Array(36).fill(1)])

const dna = (epoch: number) => Uint8Array.from([132, 45, 36, ...new Array(36).fill(epoch)])

interface Clone {
  enabled: boolean
  readonly chain: boolean
}

/** A model of a conductor with one app, as holochain 0.7 has it; `callsLeft` is when it dies. */
class Conductor {
  enabled = false
  callsLeft = Number.POSITIVE_INFINITY
  readonly clones: Map<number, Clone>

  constructor(clones: Record<number, Clone>) {
    this.clones = new Map(Object.entries(clones).map(([epoch, clone]) => [Number(epoch), { ...clone }]))
  }

  get info(): AppInfo {
    const clones = [...this.clones].map(([epoch, { enabled }]) => ({
      type: CellType.Cloned,
      value: {
        cell_id: [dna(epoch), me],
        clone_id: String(epoch),
        enabled,
        dna_modifiers: { network_seed: epochSeed(SEED, epoch) },
      },
    }))
    const status = { type: this.enabled ? 'enabled' : 'disabled' }
    return {
      installed_app_id: 'app',
      agent_pub_key: me,
      status,
      cell_info: { resource_mesh: clones },
    } as unknown as AppInfo
  }

  readonly admin = {
    enableApp: async () => {
      this.#call()
      for (const [epoch, { enabled, chain }] of this.clones)
        if (enabled && !chain) throw withoutGenesis(dna(epoch))
      this.enabled = true
    },
    deleteCloneCell: async ({ clone_cell_id }: { clone_cell_id: { value: string } }) => {
      this.#call()
      expect(this.clones.get(Number(clone_cell_id.value))).toMatchObject({ enabled: false })
      this.clones.delete(Number(clone_cell_id.value))
    },
  } as unknown as AdminWebsocket

  readonly socket = {
    disableCloneCell: async ({ clone_cell_id }: { clone_cell_id: { value: string } }) => {
      this.#call()
      this.#clone(clone_cell_id.value).enabled = false
    },
    appInfo: async () => this.info,
    client: {},
  } as unknown as AppWebsocket

  enable(): Promise<AppInfo> {
    const openApp = async () => this.socket
    return enableApp({ admin: this.admin, seed: SEED, openApp }, this.info)
  }

  /** A conductor with an enabled clone that has no chain starts only once its app is disabled. */
  restart(): void {
    this.callsLeft = Number.POSITIVE_INFINITY
    if ([...this.clones.values()].some(({ enabled, chain }) => enabled && !chain)) this.enabled = false
  }

  #call(): void {
    if (this.callsLeft-- <= 0) throw new Error('the conductor is gone')
  }

  #clone(id: string): Clone {
    const clone = this.clones.get(Number(id))
    if (!clone) throw new Error(`no clone ${id}`)
    return clone
  }
}

function withoutGenesis(cell: Uint8Array): HolochainError {
  const id = `CellId(DnaHash(${encodeHashToBase64(cell)}), AgentPubKey(${encodeHashToBase64(me)}))`
  return new HolochainError('internal_error', `InternalCellError(CellWithoutGenesis(${id}))`)
}

const two = { 7: { enabled: true, chain: true }, 8: { enabled: true, chain: false } }

describe('an app that is enabled', () => {
  test('stays as it is where all its clones have their chains', async () => {
    const conductor = new Conductor({ 7: { enabled: true, chain: true } })
    await conductor.enable()
    expect(conductor.enabled).toBe(true)
    expect(conductor.clones).toEqual(new Map([[7, { enabled: true, chain: true }]]))
  })

  test('loses a clone without a chain, and keeps the others', async () => {
    const conductor = new Conductor(two)
    const info = await conductor.enable()
    expect(info.cell_info.resource_mesh).toHaveLength(1)
    expect(conductor.enabled).toBe(true)
    expect(conductor.clones).toEqual(new Map([[7, { enabled: true, chain: true }]]))
  })

  test('is enabled the next time where that was interrupted', async () => {
    for (let calls = 0; ; calls++) {
      const conductor = new Conductor(two)
      conductor.callsLeft = calls
      const done = await conductor.enable().then(
        () => true,
        () => false,
      )
      conductor.restart()
      await conductor.enable()
      expect(conductor.enabled, `after ${calls} calls`).toBe(true)
      expect(conductor.clones.get(7)).toEqual({ enabled: true, chain: true })
      // A clone that is disabled is one that is being left: reading the epochs removes it.
      expect(conductor.clones.get(8)?.enabled ?? false).toBe(false)
      if (done) return
    }
  })

  test('is refused where a cell without a chain is no clone', async () => {
    const conductor = new Conductor({ 7: { enabled: true, chain: true } })
    conductor.admin.enableApp = () => Promise.reject(withoutGenesis(dna(9)))
    await expect(conductor.enable()).rejects.toMatchObject({ code: 'RIPPLE_CHAIN_LOST' })
  })

  test('fails with what the conductor says of any other trouble', async () => {
    const conductor = new Conductor(two)
    conductor.callsLeft = 0
    await expect(conductor.enable()).rejects.toThrow('the conductor is gone')
  })
})
