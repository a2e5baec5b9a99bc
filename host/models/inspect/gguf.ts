/** Reads the heads of GGUF files with node-llama-cpp. */

import { stat } from 'node:fs/promises'
import { type GgufFileInfo, readGgufFileInfo } from 'node-llama-cpp'
import { messageOf } from '../../errors/message-of.ts'
import type { GgufHead, HeadRead, InspectSource } from './inspect-words.ts'
import { type Part, partByName } from './split.ts'

const MIB = 1024 * 1024
/** Most bytes of a file's head: the largest vocabularies take a fifth of it. */
const HEAD_BYTES_MAX = 64 * MIB
/** Most bytes that node-llama-cpp reads beyond what it needs. */
const READ_AHEAD_BYTES_MAX = 8 * MIB
/** Most characters of a reason that is passed on. */
const REASON_CHARS_MAX = 300

/**
 * Reads the head of one file. Only for the reading process, which a file may crash: node-llama-cpp believes a head's claims
 * and allocates memory for them before it compares them with the file's length.
 */
export async function readGguf(
  { type, at }: InspectSource,
  readTensorInfo: boolean,
  signal: AbortSignal,
): Promise<GgufFileInfo> {
  const bytes = type === 'filesystem' ? (await stat(at)).size : HEAD_BYTES_MAX
  boundBuffers(Math.min(bytes, HEAD_BYTES_MAX) + READ_AHEAD_BYTES_MAX)
  return readGgufFileInfo(at, {
    sourceType: type,
    readTensorInfo,
    // A name like m-00001-of-99999.gguf would make it open that many files.
    spliceSplitFiles: false,
    fetchRetryOptions: { retries: 1 },
    logWarnings: false,
    signal,
  })
}

/** Returns what Ripple needs to know about a file to offer it as a model. Never rejects. */
export async function readHead(file: string, signal: AbortSignal): Promise<HeadRead> {
  try {
    const info = await readGguf({ type: 'filesystem', at: file }, false, signal)
    const part = partOf(info)
    if (part !== null) return { type: 'part', ...part }
    if (partByName(file) !== null)
      return unreadable(
        'its name says that it is a part of a split model, its head that it is whole: rename it',
      )
    const context_tokens = Number(info.architectureMetadata.context_length ?? 0)
    if (!Number.isSafeInteger(context_tokens) || context_tokens <= 0)
      return unreadable('it does not say how long its context is')
    const chat_template = info.metadata.tokenizer?.chat_template === undefined ? 'none' : 'own'
    return { type: 'head', context_tokens, chat_template }
  } catch (error) {
    if (signal.aborted) return { type: 'unread', detail: 'its head takes too long to read' }
    // A file that the system refuses may be readable again in a moment.
    const refused = error instanceof Error && 'errno' in error
    return refused ? { type: 'unread', detail: reasonOf(error) } : unreadable(reasonOf(error))
  }
}

/** Reads from a file's head which part of a split model it is, because a file can be renamed. Returns null for a whole model. */
function partOf({ metadata }: GgufFileInfo): Part | null {
  const { split } = metadata as { split?: { no?: unknown; count?: unknown } }
  const count = Number(split?.count ?? 1)
  // The head counts from 0, the file names from 1.
  return count > 1 ? { no: Number(split?.no ?? 0) + 1, count } : null
}

/** Returns the beginning of an error's message. */
export function reasonOf(error: unknown): string {
  return messageOf(error).slice(0, REASON_CHARS_MAX)
}

function unreadable(detail: string): GgufHead {
  return { type: 'unreadable', detail }
}

const { alloc } = Buffer

/**
 * Bounds the size of buffers, which the bound of the heap does not count. The library node-llama-cpp allocates a buffer as
 * long as the head claims to be, and fills it with zeros beyond the file's end.
 */
function boundBuffers(bytes_max: number): void {
  Buffer.alloc = (bytes, ...fill: []) => {
    if (bytes > bytes_max) throw new RangeError('its head claims more than the file holds')
    return alloc(bytes, ...fill)
  }
}
