/** Lists all verbs. */
import { artifactAdd, artifactGet, artifactLs, artifactPin } from './artifact.ts'
import { ask, singleQuery } from './ask.ts'
import type { Context } from './context.ts'
import { doctor } from './doctor.ts'
import { drain } from './drain.ts'
import { epochExport, epochLs } from './epoch.ts'
import { explain } from './explain.ts'
import { keyCreate, keyLs, keyRm } from './key.ts'
import type { Local } from './local.ts'
import { modelLs, modelPull, modelPullHere, modelRm } from './model.ts'
import { modelFit } from './model-fit.ts'
import { inferenceLoadModel, inferenceUnloadModel, modelLoad, modelUnload } from './model-load.ts'
import { moeEval, moeQuery, moeRoutes, moeShow } from './moe.ts'
import { moeCardKey, moeCardVerify } from './moe-card.ts'
import { openPage, pageCode } from './open.ts'
import type { Operation } from './operation.ts'
import { policyDecide, policyList, policyShow, policyTest } from './policy.ts'
import { receiptSiblings } from './receipt-siblings.ts'
import { restore } from './restore.ts'
import { secretLs, secretRm, secretSet } from './secret.ts'
import { peers, status, stop } from './status.ts'
import { taskCancel, taskList, taskReceipt, taskShow } from './task.ts'
import { taskPlan } from './task-plan.ts'
import { taskPost } from './task-post.ts'
import { taskWhy } from './task-why.ts'
import { bootstrap, down, up } from './up.ts'
import { upstreamLs } from './upstream.ts'
import { verify } from './verify.ts'

/** The verbs of a running daemon: each is a route of the API and a command. */
export const daemonOperations: readonly Operation<Context>[] = [
  status,
  peers,
  drain,
  stop,
  ask,
  pageCode,
  keyCreate,
  keyLs,
  keyRm,
  taskPost,
  taskList,
  taskShow,
  taskWhy,
  taskPlan,
  taskCancel,
  taskReceipt,
  artifactAdd,
  artifactGet,
  artifactPin,
  artifactLs,
  modelLs,
  modelPull,
  modelRm,
  modelLoad,
  modelUnload,
  modelFit,
  inferenceLoadModel,
  inferenceUnloadModel,
  singleQuery,
  moeQuery,
  moeShow,
  moeEval,
  moeRoutes,
  epochLs,
  epochExport,
  policyList,
  policyShow,
  policyTest,
  policyDecide,
  receiptSiblings,
  upstreamLs,
  moeCardKey,
]

/** The verbs that run in the command itself. If a daemon's verb has the same name, the local verb is the command. */
export const localOperations: readonly Operation<Local>[] = [
  up,
  down,
  openPage,
  bootstrap,
  restore,
  doctor,
  verify,
  moeCardVerify,
  explain,
  modelPullHere,
  secretSet,
  secretLs,
  secretRm,
]

/** Returns the path of a verb's route: `/api/<noun>/<verb>`, or `/api/<verb>` for the daily ones. */
export function routeOf(name: string): string {
  return `/api/${name.replace('.', '/')}`
}
