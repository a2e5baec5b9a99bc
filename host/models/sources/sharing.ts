/** Gives model files of this machine to its peers. */
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type CutFile, cutFile } from '../../artifacts/cut-file.ts'
import type { FileExchange } from '../../artifacts/port.ts'
import { writeAtomic } from '../../files/write-atomic.ts'
import { limits } from '../../limits.ts'
import { PeerQuota } from '../../net/peer-quota.ts'
import type { Messages } from '../../net/port.ts'
import type { Emit } from '../../telemetry/events.ts'
import { failureOf } from '../../telemetry/history.ts'
import type { AgentKey } from '../../types/events.ts'
import type { Message } from '../../types/message.ts'
import type { StoredModel } from '../folder/stored-model.ts'

/** The subfolder of a models folder that stores how the files are cut into blocks. */
const CUTS_FOLDER = '.blocks'
const DIGEST_BYTES = 32

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'))
const keptSchema = z.strictObject({
  cid: z.string(),
  bytes: z.number().int().nonnegative(),
  leaves: base64,
  nodes: z.array(base64),
})

/** The parts of the daemon that sharing model files needs. */
export interface SharingNeeds {
  /** The models folder. */
  readonly dir: string
  readonly models: () => readonly StoredModel[]
  readonly exchange: Pick<FileExchange, 'share'>
  readonly messages: Messages
  readonly emit: Emit
  /** Whether the owner allows others to fetch them. */
  readonly enabled: boolean
}

/** The model files that others may fetch from this machine. */
export interface ModelSharing extends Disposable {
  /** Adds new models and removes those that are gone. Resolves when all of them are shared; never rejects. */
  update(): Promise<void>
}

interface Shared {
  readonly model: NonNullable<Extract<Message, { type: 'model_is' }>['model']>
  readonly stop: () => void
}

/**
 * Gives peers the models of this machine by CID, from the files themselves, and answers requests for a model's CID. A file
 * is read once to learn how it is cut into blocks. That result is stored next to it and takes a ten-thousandth of its size.
 */
export function shareModels(needs: SharingNeeds): ModelSharing {
  const shared = new Map<string, Shared>()
  const quota = new PeerQuota({ each: limits.model_answers_per_peer_max, all: limits.model_answers_max })
  const ending = new AbortController()
  let last: Promise<void> = Promise.resolve()
  const update = (): Promise<void> => {
    last = last.then(() => takeIn(shared, needs, ending.signal))
    return last
  }
  const answer = async (to: AgentKey, file: string): Promise<void> => {
    // A model that is being read now is shared in a moment.
    if (needs.models().some(({ sha256 }) => sha256 === file && !shared.has(sha256))) await last
    const found = shared.get(file) ?? [...shared.values()].find(({ model }) => model.cid === file)
    await needs.messages.send(to, { type: 'model_is', file, model: found?.model ?? null }, ending.signal)
  }
  const offMessages = needs.messages.onMessage((from, message) => {
    if (message.type !== 'model_request' || !quota.take(from)) return
    void answer(from, message.file)
      .catch(() => {})
      .finally(() => quota.release(from))
  })
  return {
    update: needs.enabled ? update : async () => {},
    [Symbol.dispose]: () => {
      ending.abort()
      offMessages()
      for (const { stop } of shared.values()) stop()
    },
  }
}

async function takeIn(shared: Map<string, Shared>, needs: SharingNeeds, signal: AbortSignal): Promise<void> {
  const here = new Map(needs.models().map((model) => [model.sha256, model]))
  for (const [sha256, { stop }] of shared) {
    if (here.has(sha256)) continue
    stop()
    shared.delete(sha256)
    await rm(cutPath(needs.dir, sha256), { force: true }).catch(() => {})
  }
  for (const model of here.values()) {
    if (shared.has(model.sha256) || signal.aborted) continue
    try {
      await begin(model, shared, needs, signal)
    } catch (err) {
      if (!signal.aborted) needs.emit({ type: 'model_unshared', name: model.name, ...failureOf(err) }, err)
    }
  }
}

async function begin(
  { path, sha256, bytes }: StoredModel,
  shared: Map<string, Shared>,
  { dir, exchange }: SharingNeeds,
  signal: AbortSignal,
): Promise<void> {
  const cut = (await readCut(dir, sha256)) ?? (await keepCut(dir, sha256, await cutFile(path, signal)))
  const stop = exchange.share(path, cut)
  if (stop !== null) shared.set(sha256, { model: { sha256, cid: cut.cid, bytes }, stop })
}

/** Returns the model of the folder with that sha256 or shared CID; null where there is none. */
export async function modelOf(
  file: string,
  dir: string,
  models: readonly StoredModel[],
): Promise<StoredModel | null> {
  for (const model of models)
    if (model.sha256 === file || (await readCut(dir, model.sha256))?.cid === file) return model
  return null
}

function cutPath(dir: string, sha256: string): string {
  return join(dir, CUTS_FOLDER, `${sha256}.json`)
}

/**
 * Returns how a file is cut; null where the note is missing or unreadable, and is then made again. Its content is checked
 * with each block that it leads to.
 */
async function readCut(dir: string, sha256: string): Promise<CutFile | null> {
  try {
    const { leaves, ...kept } = keptSchema.parse(JSON.parse(await readFile(cutPath(dir, sha256), 'utf8')))
    const count = leaves.length / DIGEST_BYTES
    const digests = Array.from({ length: count }, (_, at) =>
      leaves.subarray(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES),
    )
    return { ...kept, leaves: digests }
  } catch {
    return null
  }
}

/** Stores how a file is cut. A failure is ignored: it only costs reading the file again at each start. */
async function keepCut(dir: string, sha256: string, cut: CutFile): Promise<CutFile> {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const kept = { ...cut, leaves: text(Buffer.concat(cut.leaves)), nodes: cut.nodes.map(text) }
  try {
    await mkdir(join(dir, CUTS_FOLDER), { recursive: true })
    await writeAtomic(cutPath(dir, sha256), JSON.stringify(kept))
  } catch {
    // The file is read again at the next start.
  }
  return cut
}
