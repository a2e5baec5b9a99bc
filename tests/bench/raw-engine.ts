import { getLlama, type LlamaContext, type LlamaModel } from 'node-llama-cpp'
import { defaultThreads } from '../../host/engine/llama.ts'
import { limits } from '../../host/limits.ts'
import type { testModel } from '../harness/model.ts'

/** A model's file. */
export type File = Awaited<ReturnType<typeof testModel>>

/** When a run was asked for, and when its tokens came, in milliseconds. */
export interface Times {
  readonly asked: number
  readonly first: number
  readonly last: number
  /** How many came. */
  readonly tokens: number
}

/** Of the moments at which tokens came, one each. */
export function timesOf(asked: number, tokens: readonly number[]): Times {
  return { asked, first: tokens[0] ?? Number.NaN, last: tokens.at(-1) ?? Number.NaN, tokens: tokens.length }
}

/** A way to decode, warm and cold. */
export interface Way extends AsyncDisposable {
  run(): Promise<Times>
  cold(): Promise<Times>
}

/** Opens the loop of a program with node-llama-cpp, one model and one user. */
export async function openRaw(file: File, prompt: string, count: number): Promise<Way> {
  const threads = defaultThreads()
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: threads })
  let open: { model: LlamaModel; context: LlamaContext } | null = null
  const load = async () => {
    const model = await llama.loadModel({ modelPath: file.path })
    const context = await model.createContext({ contextSize: limits.context_tokens_min, threads })
    return { model, context }
  }
  const run = async (): Promise<Times> => {
    const tokens: number[] = []
    const asked = performance.now()
    open ??= await load()
    const { model, context } = open
    const sequence = context.getSequence()
    const sampling = { temperature: 0, topP: 1, topK: 0, minP: 0, seed: 1 }
    for await (const token of sequence.evaluate(model.tokenize(prompt), sampling)) {
      model.detokenize([token])
      tokens.push(performance.now())
      if (tokens.length >= count) break
    }
    await sequence.dispose()
    return timesOf(asked, tokens)
  }
  const cold = async () => {
    await open?.model.dispose()
    open = null
    return run()
  }
  return { run, cold, [Symbol.asyncDispose]: () => llama.dispose() }
}

/** Tokens a second from the first piece to the last. */
export function speedOf({ first, last, tokens }: Times): number {
  return (tokens - 1) / ((last - first) / 1_000)
}

/** How long the first token took. */
export function firstOf({ asked, first }: Times): number {
  return first - asked
}
