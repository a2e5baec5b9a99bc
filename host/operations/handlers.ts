/** Lists the operations that can be called, with the code that runs them. */
import { artifactHandlers } from './artifact/run.ts'
import { askHandler } from './ask/run.ts'
import { chatHandlers } from './chat/run.ts'
import { configHandler } from './config/run.ts'
import type { Context } from './context.ts'
import { deploymentHandlers } from './deployment/run.ts'
import { epochHandlers } from './epoch/run.ts'
import { holochainHandlers } from './holochain/run.ts'
import { installHandlers, serviceHandler } from './install/run.ts'
import { keyHandlers } from './key/run.ts'
import type { Local } from './local.ts'
import { logsHandlers } from './logs/run.ts'
import { machineHandlers } from './machine/run.ts'
import { mcpHandlers } from './mcp/run.ts'
import { modelHandlers, pullHandler } from './model/run.ts'
import { moeHandlers, verifyCardHandler } from './moe/run.ts'
import { joinHandler, knownNetworkHandlers, networkHandlers } from './network/run.ts'
import type { Handler } from './operation.ts'
import { openHandler, pageCodeHandler } from './page/run.ts'
import { peerHandlers } from './peer/run.ts'
import { policyHandlers } from './policy/run.ts'
import { processHandlers } from './process/run.ts'
import { siblingsHandler, verifyHandler } from './receipt/run.ts'
import { factsHandlers, repairHandlers } from './repair/run.ts'
import { resourceHandlers } from './resource/run.ts'
import { secretHandlers } from './secret/run.ts'
import { shareHandlers } from './share/run.ts'
import { taskHandlers } from './task/run.ts'
import { toolHandlers } from './tool/run.ts'
import { topHandler } from './top/run.ts'
import { upstreamHandler } from './upstream/run.ts'
import { usageHandler } from './usage/run.ts'

/** The operations of a running daemon. */
export const daemonHandlers: readonly Handler<Context>[] = [
  ...machineHandlers,
  ...holochainHandlers,
  ...peerHandlers,
  pageCodeHandler,
  askHandler,
  ...chatHandlers,
  ...taskHandlers,
  usageHandler,
  siblingsHandler,
  ...artifactHandlers,
  ...keyHandlers,
  ...networkHandlers,
  ...knownNetworkHandlers,
  ...epochHandlers,
  upstreamHandler,
  ...resourceHandlers,
  ...toolHandlers,
  ...modelHandlers,
  ...moeHandlers,
  ...policyHandlers,
  ...factsHandlers,
  ...shareHandlers,
  ...secretHandlers,
  configHandler,
  ...logsHandlers,
  serviceHandler,
  ...deploymentHandlers,
]

/** The operations of the command itself. */
export const localHandlers: readonly Handler<Local>[] = [
  ...processHandlers,
  ...mcpHandlers,
  joinHandler,
  ...knownNetworkHandlers,
  openHandler,
  topHandler,
  verifyCardHandler,
  pullHandler,
  ...repairHandlers,
  verifyHandler,
  ...secretHandlers,
  ...installHandlers,
]
