import { getLlama } from 'node-llama-cpp'
import { defaultThreads, openLlamaEngine } from '../../host/engine/llama.ts'
import { plainPrompt } from '../../host/types/inference.ts'
import { testModel } from '../harness/model.ts'
import { compare, inTurns } from './compare.ts'

const PROMPT = 'Once upon a time, a river and a mountain began to talk about the sea. '
const CONTEXT_TOKENS = 512

/**
 * Decode speed of the daemon's engine, which is a process of its own, beside a plain loop over node-llama-cpp. Both decode
 * the same prompt greedily with the same threads, and each has its model loaded.
 */
export async function measure({ n, tokens }: { n: number; tokens: number }): Promise<object> {
  // Continued as it is, so that both read the very same tokens.
  const file = { ...(await testModel()), chat_template: 'none' as const }
  await using ours = await engineSpeed(file, tokens)
  await using raw = await loopSpeed(file, tokens)
  await ours.run()
  await raw.run()
  const [engine, loop]: [number[], number[]] = [[], []]
  await inTurns(
    2 * n,
    async () => void engine.push(await ours.run()),
    async () => void loop.push(await raw.run()),
  )
  return { model: file.name, threads: defaultThreads(), tokens_per_second: compare(engine, loop) }
}

/** A way to decode; gives the tokens a second of one run. */
interface Speed extends AsyncDisposable {
  run(): Promise<number>
}

type File = Awaited<ReturnType<typeof testModel>>

async function engineSpeed(file: File, tokens: number): Promise<Speed> {
  const { signal } = new AbortController()
  const engine = await openLlamaEngine({ models: () => [file] }, signal)
  const parameters = {
    max_tokens: tokens,
    temperature_milli: 0,
    top_p_milli: 1_000,
    top_k: 0,
    context_tokens: CONTEXT_TOKENS,
  }
  const run = async () => {
    const times: number[] = []
    const onText = () => void times.push(performance.now())
    const { usage } = await engine.run(
      {
        model: file.sha256,
        ...plainPrompt(PROMPT, { parameters, seed: 1 }),
        prefix: '',
        alone: true,
        onText,
      },
      signal,
    )
    return speedOf(usage.tokens_out, times)
  }
  return { run, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() }
}

async function loopSpeed(file: File, tokens: number): Promise<Speed> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    maxThreads: defaultThreads(),
  })
  const model = await llama.loadModel({ modelPath: file.path })
  const run = async () => {
    const times: number[] = []
    const read = model.tokenize(PROMPT)
    const context = await model.createContext({
      contextSize: read.length + tokens,
      threads: defaultThreads(),
    })
    const sampling = { temperature: 0, topP: 1, topK: 0, minP: 0, seed: 1 }
    for await (const token of context.getSequence().evaluate(read, sampling)) {
      model.detokenize([token])
      times.push(performance.now())
      if (times.length >= tokens) break
    }
    await context.dispose()
    return speedOf(times.length, times)
  }
  return { run, [Symbol.asyncDispose]: () => llama.dispose() }
}

/** Tokens a second from the first piece to the last, of which there may be fewer than tokens. */
function speedOf(count: number, times: readonly number[]): number {
  return (count - 1) / (((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1_000)
}
