/** Lists all operations. */
import { artifactAdd, artifactGet, artifactLs, artifactPin } from './artifact/shape.ts'
import { ask } from './ask/shape.ts'
import { chatEdit, chatLs, chatRetry, chatRm, chatSend, chatShow, chatStop } from './chat/shape.ts'
import { configShow } from './config/shape.ts'
import { deploymentPlan, deploymentTemplates } from './deployment/shape.ts'
import { epochExport, epochLs } from './epoch/shape.ts'
import { initConductor, installDna, joinMesh, registerNode } from './holochain/shape.ts'
import {
  serviceInstall,
  serviceStatus,
  serviceUninstall,
  toolsExport,
  toolsServe,
  uninstall,
} from './install/shape.ts'
import { keyCreate, keyLs, keyRm } from './key/shape.ts'
import { logs, logsLevel } from './logs/shape.ts'
import { drain, peers, status, stop } from './machine/shape.ts'
import { mcp, mcpInstall } from './mcp/shape.ts'
import {
  modelFit,
  modelLoad,
  modelLs,
  modelMemory,
  modelPause,
  modelPull,
  modelRm,
  modelUnload,
  modelWhere,
} from './model/shape.ts'
import { moeCardKey, moeCardVerify, moeEval, moeQuery, moeRoutes, moeShow } from './moe/shape.ts'
import {
  invite,
  inviteRead,
  join,
  networkCreate,
  networkLs,
  networkRevoke,
  networkShow,
  networkUse,
} from './network/shape.ts'
import type { Operation } from './operation.ts'
import { openPage, pageCode } from './page/shape.ts'
import { peerAccept, peerForget, peerLs, peerRedeem } from './peer/shape.ts'
import { policyAudit, policyDecide, policyList, policyShow, policyTest } from './policy/shape.ts'
import { down, relay, up } from './process/shape.ts'
import { receiptSiblings, verify } from './receipt/shape.ts'
import { doctor, doctorBundle, doctorCompare, doctorFacts, explain, restore } from './repair/shape.ts'
import { resourceAllocate, resourceLs, resourceRelease } from './resource/shape.ts'
import { secretLs, secretRm, secretSet } from './secret/shape.ts'
import { sharePause, shareResume, shareShow } from './share/shape.ts'
import {
  taskCancel,
  taskList,
  taskPlan,
  taskPost,
  taskReceipt,
  taskRequest,
  taskShow,
  taskWait,
  taskWhy,
} from './task/shape.ts'
import { toolCall, toolLs } from './tool/shape.ts'
import { top } from './top/shape.ts'
import { upstreamLs } from './upstream/shape.ts'
import { usage } from './usage/shape.ts'

/** The operations of a running daemon: each is a route of the API and a command, and the page can call it. */
const ofDaemon = [
  status,
  peers,
  initConductor,
  joinMesh,
  registerNode,
  installDna,
  peerAccept,
  peerLs,
  peerForget,
  peerRedeem,
  drain,
  stop,
  pageCode,
  ask,
  chatLs,
  chatShow,
  chatSend,
  chatRetry,
  chatEdit,
  chatStop,
  chatRm,
  taskPost,
  taskList,
  taskShow,
  taskWait,
  taskWhy,
  taskRequest,
  taskPlan,
  taskCancel,
  taskReceipt,
  usage,
  receiptSiblings,
  artifactAdd,
  artifactGet,
  artifactPin,
  artifactLs,
  keyCreate,
  keyLs,
  keyRm,
  invite,
  inviteRead,
  networkLs,
  networkShow,
  networkCreate,
  networkUse,
  networkRevoke,
  epochLs,
  epochExport,
  upstreamLs,
  resourceLs,
  resourceAllocate,
  resourceRelease,
  toolLs,
  toolCall,
  modelLs,
  modelPull,
  modelPause,
  modelRm,
  modelLoad,
  modelUnload,
  modelFit,
  modelWhere,
  modelMemory,
  moeQuery,
  moeShow,
  moeEval,
  moeRoutes,
  moeCardKey,
  policyList,
  policyShow,
  policyAudit,
  policyTest,
  policyDecide,
  doctorFacts,
  doctorCompare,
  doctor,
  explain,
  shareShow,
  sharePause,
  shareResume,
  secretSet,
  secretLs,
  secretRm,
  configShow,
  logs,
  logsLevel,
  serviceStatus,
  deploymentTemplates,
  deploymentPlan,
] as const satisfies readonly Operation[]

/** An operation of a running daemon, for clients that know its types by its name. */
export type DaemonOperation = (typeof ofDaemon)[number]

/** All operations of a running daemon. */
export const daemonOperations: readonly Operation[] = ofDaemon

/** The operations of the command itself. If a daemon's operation has the same name, the local one is the command. */
export const localOperations: readonly Operation[] = [
  up,
  down,
  relay,
  mcp,
  mcpInstall,
  join,
  networkLs,
  networkShow,
  networkCreate,
  networkUse,
  openPage,
  top,
  moeCardVerify,
  modelPull,
  restore,
  doctor,
  doctorBundle,
  explain,
  verify,
  secretSet,
  secretLs,
  secretRm,
  toolsExport,
  toolsServe,
  serviceInstall,
  serviceUninstall,
  serviceStatus,
  uninstall,
]

/** Returns the path of a route: `/api/<noun>/<verb>`, or `/api/<verb>` for the daily verbs. */
export function routeOf(name: string): string {
  return `/api/${name.replace('.', '/')}`
}
