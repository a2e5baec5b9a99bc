/** Lists the operations that are still defined in one piece. */
import { artifactAdd, artifactGet, artifactLs, artifactPin } from './artifact.ts'
import type { Context } from './context.ts'
import { doctor } from './doctor.ts'
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
import { policyDecide, policyList, policyShow, policyTest } from './policy.ts'
import { receiptSiblings } from './receipt-siblings.ts'
import { restore } from './restore.ts'
import { secretLs, secretRm, secretSet } from './secret.ts'
import { bootstrap, down, up } from './up.ts'
import { upstreamLs } from './upstream.ts'
import { verify } from './verify.ts'
import type { Whole } from './whole.ts'

/** Those of a running daemon. */
export const wholeDaemon: readonly Whole<Context>[] = [
  pageCode,
  keyCreate,
  keyLs,
  keyRm,
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

/** Those of the command itself. */
export const wholeLocal: readonly Whole<Local>[] = [
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
