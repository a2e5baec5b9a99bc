/** Lists how the command line shows each operation. */
import { RippleError } from '../../errors/ripple-error.ts'
import type { Presenter } from '../../operations/present.ts'
import { artifactPresenters } from './artifact.ts'
import { askPresenter } from './ask.ts'
import { chatPresenters } from './chat.ts'
import { configPresenter } from './config.ts'
import { epochPresenters } from './epoch.ts'
import { installPresenters } from './install.ts'
import { keyPresenters } from './key.ts'
import { logsPresenters } from './logs.ts'
import { machinePresenters } from './machine.ts'
import { mcpPresenters } from './mcp.ts'
import { modelPresenters } from './model.ts'
import { moePresenters } from './moe.ts'
import { networkPresenters } from './network.ts'
import { openPresenter } from './page.ts'
import { peerPresenters } from './peer.ts'
import { policyPresenters } from './policy.ts'
import { processPresenters } from './process.ts'
import { receiptPresenters } from './receipt.ts'
import { repairPresenters } from './repair.ts'
import { resourcePresenters } from './resource.ts'
import { secretPresenters } from './secret.ts'
import { sharePresenters } from './share.ts'
import { taskPresenters } from './task.ts'
import { toolPresenter, toolsPresenter } from './tool.ts'
import { topPresenter } from './top.ts'
import { upstreamPresenter } from './upstream.ts'
import { usagePresenter } from './usage.ts'

const presenters: readonly Presenter[] = [
  ...processPresenters,
  ...mcpPresenters,
  openPresenter,
  topPresenter,
  ...machinePresenters,
  askPresenter,
  ...chatPresenters,
  ...taskPresenters,
  usagePresenter,
  ...receiptPresenters,
  ...artifactPresenters,
  ...keyPresenters,
  ...networkPresenters,
  ...epochPresenters,
  upstreamPresenter,
  ...resourcePresenters,
  toolsPresenter,
  toolPresenter,
  ...modelPresenters,
  ...moePresenters,
  ...peerPresenters,
  ...policyPresenters,
  ...repairPresenters,
  ...secretPresenters,
  ...installPresenters,
  ...sharePresenters,
  configPresenter,
  ...logsPresenters,
]

/** Returns the presentation of an operation; a local one goes before a daemon's of the same name. */
export function presenterOf(name: string): Presenter {
  const found = presenters.find(({ operation }) => operation.names.includes(name))
  if (found === undefined) throw new RippleError('RIPPLE_USAGE', { detail: `unknown command '${name}'` })
  return found
}
