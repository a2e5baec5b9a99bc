/** Reads the registry of machines through the conductor of a Holochain launcher. */
import { AppWebsocket, CellType, encodeHashToBase64 } from '@holochain/client'
import { agentRegistry, type CardOf } from '../../../zomes-bindings/agent-registry.ts'
import { pageLimits } from '../../limits/page.ts'

/** The role of the DNA that holds the cards of machines. */
const ROLE = 'agent_registry'

/** The registry, as a launcher's conductor has it. */
export interface LauncherRegistry {
  /** The agent key of the app. */
  readonly agent: string
  /** The network seed with which the app was installed; empty without one. */
  readonly seed: string
  /** Returns the newest card of each machine. */
  cards(): Promise<CardOf[]>
}

/** Connects by the port and token of `__HC_LAUNCHER_ENV__`. Rejects as the client does. */
export async function openRegistry(): Promise<LauncherRegistry> {
  const app = await AppWebsocket.connect({ defaultTimeout: pageLimits.page_call_ms })
  const { cell_info, agent_pub_key } = await app.appInfo()
  const cell = cell_info[ROLE]?.find(({ type }) => type === CellType.Provisioned)
  const registry = agentRegistry((role_name, zome_name, fn_name, payload) =>
    app.callZome({ role_name, zome_name, fn_name, payload }),
  )
  return {
    agent: encodeHashToBase64(agent_pub_key),
    seed: cell?.type === CellType.Provisioned ? cell.value.dna_modifiers.network_seed : '',
    cards: () => registry.discovery.cards(AbortSignal.timeout(pageLimits.page_call_ms)),
  }
}
