/** Connects the bridge to the daemon of a data folder. */
import { readFile } from 'node:fs/promises'
import { readState } from '../../api/state-file.ts'
import { dataPaths } from '../../config/paths.ts'
import { RippleError } from '../../errors/ripple-error.ts'
import { isAlive } from '../../processes/is-alive.ts'
import { bridge, type McpDoor } from './bridge.ts'

/** The settings of one `ripple mcp`. */
export interface BridgeWish {
  readonly read_only: boolean
  readonly underscores: boolean
}

/** Carries messages to the folder's daemon with a key, or with the owner's token if it is null, until the input ends. */
export function openBridge(
  data: string,
  key: string | null,
  { read_only, underscores }: BridgeWish,
  signal: AbortSignal,
): Promise<void> {
  const options = [...(read_only ? ['read-only'] : []), ...(underscores ? ['underscores'] : [])]
  const find = async (): Promise<McpDoor> => {
    const state = await readState(dataPaths(data).apiFile)
    // A killed daemon leaves its file behind, and another program may use its port by now. It must not get the token.
    if (state === null || !isAlive(state.pid)) throw new RippleError('RIPPLE_NO_DAEMON', { data })
    const token = key ?? (await readFile(state.token_file, 'utf8')).trim()
    return { url: `${state.url}/mcp?${options.join('&')}`, key: token }
  }
  return bridge(find, signal)
}
