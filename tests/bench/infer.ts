import { parseArgs } from 'node:util'
import { getLlama } from 'node-llama-cpp'
import { defaultThreads, openLlamaEngine } from '../../host/engine/llama.ts'
import { testModel } from '../harness/model.ts'
import { compare, print } from './compare.ts'

// Decode speed of the daemon's engine, which is a process of its own, beside a plain loop over node-llama-cpp.
// Both decode the same prompt greedily with the same threads; they take turns (A-B-B-A), and each has its model loaded.
// Usage: npx tsx tests/bench/infer.ts [--rounds N] [--tokens N]

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '6' }, tokens: { type: 'string', default: '96' } },
})
const [rounds, tokens] = [Number(values.rounds), Number(values.tokens)]
const prompt = 'Once upon a time, a river and a mountain began to talk about the sea. '
const stored = await testModel()
// Continued as it is, so that both read the very same tokens.
const file = { ...stored, chat_template: 'none' as const }
const { signal } = new AbortController()

await using engine = await openLlamaEngine({ models: () => [file] }, signal)
const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: defaultThreads() })
const model = await llama.loadModel({ modelPath: file.path })

/** Tokens a second from the first piece to the last, of which there may be fewer than tokens. */
function speedOf(count: number, times: readonly number[]): number {
  return (count - 1) / (((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1_000)
}

async function throughEngine(): Promise<number> {
  const times: number[] = []
  const parameters = {
    max_tokens: tokens,
    temperature_milli: 0,
    top_p_milli: 1_000,
    top_k: 0,
    context_tokens: 512,
  }
  const job = {
    model: file.sha256,
    prompt,
    parameters,
    seed: 1,
    onText: () => void times.push(performance.now()),
  }
  const { usage } = await engine.run(job, signal)
  return speedOf(usage.tokens_out, times)
}

async function throughLoop(): Promise<number> {
  const times: number[] = []
  const read = model.tokenize(prompt)
  const context = await model.createContext({ contextSize: read.length + tokens, threads: defaultThreads() })
  const sampling = { temperature: 0, topP: 1, topK: 0, minP: 0, seed: 1 }
  for await (const token of context.getSequence().evaluate(read, sampling)) {
    model.detokenize([token])
    times.push(performance.now())
    if (times.length >= tokens) break
  }
  await context.dispose()
  return speedOf(times.length, times)
}

await throughEngine()
await throughLoop()
const [ours, raw]: [number[], number[]] = [[], []]
for (let round = 0; round < rounds; round += 1) {
  ours.push(await throughEngine())
  raw.push(await throughLoop(), await throughLoop())
  ours.push(await throughEngine())
}
print({ model: file.name, threads: defaultThreads(), tokens, tokens_per_second: compare(ours, raw) })
await llama.dispose()
