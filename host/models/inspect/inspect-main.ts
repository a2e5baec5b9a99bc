/** Reads the head of a model file and says what it takes to run it: a short-lived process, because native code sees it. */
import { type GgufFileInfo, GgufInsights, type GgufTensorInfo, getLlama, LlamaLogLevel } from 'node-llama-cpp'
import { readGguf, readHead, reasonOf } from './gguf.ts'
import { type InspectAnswer, type InspectRequest, inspectAnswer, inspectRequest } from './inspect-words.ts'

/** Tables of which only one row is read for a token: the embeddings of input words, for the whole model and for each layer. */
const LOOKED_UP = new Set(['token_embd.weight', 'per_layer_token_embd.weight'])

// A terminal sends SIGINT to the whole process group, but the parent decides when a reading ends.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
const request = inspectRequest.parse(JSON.parse(process.argv[2] ?? '{}'))

try {
  await (request.type === 'fit' ? tellFit(request) : tellHeads(request))
} catch (error) {
  await answer({ type: 'failed', detail: reasonOf(error) })
}
// The process does not wait for native threads, and there is nothing to save.
process.kill(process.pid, 'SIGKILL')

function answer(message: InspectAnswer): Promise<void> {
  return new Promise((resolve) => process.send?.(inspectAnswer.parse(message), () => resolve()))
}

async function tellHeads({ files, patience_ms }: Extract<InspectRequest, { type: 'heads' }>): Promise<void> {
  for (const file of files) {
    await answer({ type: 'reading', file })
    await answer({ type: 'read', file, head: await readHead(file, AbortSignal.timeout(patience_ms)) })
  }
}

async function tellFit({
  source,
  context_tokens,
  patience_ms,
}: Extract<InspectRequest, { type: 'fit' }>): Promise<void> {
  const info = await readGguf(source, true, AbortSignal.timeout(patience_ms))
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.disabled,
  })
  const insights = await GgufInsights.from(info, llama)
  const contextSize = Math.min(context_tokens, insights.trainContextSize ?? context_tokens)
  const weights = await insights.estimateModelResourceRequirementsV2({ gpuLayers: 0 })
  const context = await insights.estimateContextResourceRequirementsV2({ contextSize, modelGpuLayers: 0 })
  await answer({
    type: 'inspected',
    context_tokens: contextSize,
    weights_bytes: Math.ceil(weights.cpuRam),
    context_bytes: Math.ceil(context.cpuRam),
    bytes_per_token: Math.ceil(bytesPerToken(info, insights.modelSize)),
  })
}

/**
 * Returns the bytes of weights that are read to generate one token. These are all weights except the embeddings of other
 * words and the experts that are not used.
 */
function bytesPerToken(info: GgufFileInfo, all: number): number {
  const tensors = [...(info.fullTensorInfo ?? info.tensorInfo ?? [])].sort(byOffset)
  const sizes = tensors.map(({ offset }, at) => {
    const next = tensors[at + 1]
    return next === undefined ? null : Number(next.offset) - Number(offset)
  })
  const known = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
  const own = tensors.some(({ name }) => name === 'output.weight')
  const { expert_count: experts = 0, expert_used_count: used = 0 } = info.architectureMetadata
  const share = Number(experts) > 0 ? Number(used) / Number(experts) : 1
  return tensors.reduce((sum, { name }, at) => {
    const size = sizes[at] ?? Math.max(0, all - known)
    // A model without an output table of its own reads the table of input words for its output.
    if (LOOKED_UP.has(name) && (own || name !== 'token_embd.weight')) return sum
    return sum + (name.includes('_exps.') ? size * share : size)
  }, 0)
}

function byOffset(one: GgufTensorInfo, other: GgufTensorInfo): number {
  return Number(one.offset) - Number(other.offset)
}
