import { type AppWebsocket, CellType, encodeHashToBase64 } from '@holochain/client'
import type { ZomeCall } from '../../zomes-bindings/zome-call.ts'
import { arrives, Scene } from '../harness/tryorama/scene.ts'

/** Deadline of one zome call, in milliseconds: the first ones wait until the conductor has compiled the zomes. */
const CALL_MS = 120_000

/** One of two peers. */
export interface Member {
  readonly agent: string
  readonly call: ZomeCall
}

/** Two honest peers, each with a conductor of its own, in a network of one DNA. */
export interface Pair extends AsyncDisposable {
  readonly peers: readonly [Member, Member]
  readonly dnaHash: string
}

/** Starts two peers in a DNA. */
export async function openPair(role: string): Promise<Pair> {
  await using opening = new AsyncDisposableStack()
  const scene = opening.use(await Scene.open())
  const join = async () => scene.join(await scene.conductor('honest'), { roles: [role] })
  const [anna, bert] = [await join(), await join()]
  await scene.meet(anna, bert)
  const dnaHash = await dnaOf(anna.appWs, role)
  const stack = opening.move()
  const peers = [member(anna), member(bert)] as const
  return { peers, dnaHash, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

function member({ agent, appWs }: { agent: string; appWs: AppWebsocket }): Member {
  return {
    agent,
    call: (role_name, zome_name, fn_name, payload) =>
      appWs.callZome({ role_name, zome_name, fn_name, payload }, CALL_MS),
  }
}

/**
 * Writes what names an event of another: again, as long as that event is not integrated here. A link may come before what it leads
 * to, and a link alone is enough to be listed.
 */
export async function whenThere<T>(write: () => Promise<T>): Promise<T> {
  return arrives('what a write names', async () => {
    try {
      return { written: await write() }
    } catch (thrown) {
      if (String(thrown).includes('DepMissingFromDht')) return null
      throw thrown
    }
  }).then(({ written }) => written)
}

async function dnaOf(appWs: AppWebsocket, role: string): Promise<string> {
  const [cell] = (await appWs.appInfo()).cell_info[role] ?? []
  if (cell?.type !== CellType.Provisioned) throw new TypeError(`no cell of ${role}`)
  return encodeHashToBase64(cell.value.cell_id[0])
}
