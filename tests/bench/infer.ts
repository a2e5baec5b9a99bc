import { readFile } from 'node:fs/promises'
import { defaultThreads, type LlamaEngine, openLlamaEngine } from '../../host/engine/llama.ts'
import type { RunJob } from '../../host/engine/port.ts'
import { limits } from '../../host/limits.ts'
import { plainPrompt } from '../../host/types/inference.ts'
import { testModel } from '../harness/model.ts'
import { compare, inTurns, median, round, timed } from './compare.ts'
import { type File, firstOf, openRaw, speedOf, type Times, timesOf, type Way } from './raw-engine.ts'

const PROMPT = 'Once upon a time, a river and a mountain began to talk about the sea. '
const OTHERS = ['The history of Rome begins with', 'In physics, light is', 'My favourite dish is made of']
const never = new AbortController().signal

/**
 * Compares the daemon's engine, which is a process of its own, with a plain loop over node-llama-cpp in this one.
 * Both decode the same prompt greedily with the same threads, each in a context that it keeps. Cold is without the
 * model in memory.
 */
export async function measure(
  { n, tokens, cold }: { n: number; tokens: number; cold: number },
  say: (line: string) => void,
): Promise<object> {
  // Continued as it is, so that both read the very same tokens.
  const file = { ...(await testModel()), chat_template: 'none' as const }
  await using ours = await openOurs(file, tokens)
  await using raw = await openRaw(file, PROMPT, tokens)
  const warm = await sideBySide(2 * n, ours.run, raw.run)
  say('warm is measured')
  const fresh = await sideBySide(cold, ours.cold, raw.cold)
  say('cold is measured')
  return {
    model: file.name,
    threads: defaultThreads(),
    tokens_per_second: compare(warm.ours.map(speedOf), warm.raw.map(speedOf)),
    first_token_ms: compare(warm.ours.map(firstOf), warm.raw.map(firstOf)),
    cold_first_token_ms: compare(fresh.ours.map(firstOf), fresh.raw.map(firstOf)),
    at_a_time: await together(ours.engine, ours.job, n),
    beside_others: await besideOthers(ours.engine, ours.job),
    memory: await memoryOf(ours.engine),
  }
}

async function sideBySide(turns: number, ours: Way['run'], raw: Way['run']) {
  const [one, other]: [Times[], Times[]] = [[], []]
  await ours()
  await raw()
  await inTurns(
    turns,
    async () => void one.push(await ours()),
    async () => void other.push(await raw()),
  )
  return { ours: one, raw: other }
}

async function openOurs(file: File, max_tokens: number) {
  const engine = await openLlamaEngine({ models: () => [file] }, never)
  const parameters = {
    max_tokens,
    temperature_milli: 0,
    top_p_milli: 1_000,
    top_k: 0,
    context_tokens: limits.context_tokens_min,
  }
  const job: RunJob = {
    model: file.sha256,
    ...plainPrompt(PROMPT, { parameters, seed: 1 }),
    prefix: '',
    alone: true,
    onText: () => {},
  }
  const run = async (): Promise<Times> => {
    const tokens: number[] = []
    const asked = performance.now()
    await engine.run({ ...job, onText: () => tokens.push(performance.now()) }, never)
    return timesOf(asked, tokens)
  }
  const cold = async () => {
    await engine.unload(file.sha256, never)
    return run()
  }
  return { engine, job, run, cold, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() }
}

/** Measures tokens a second of several runs in one batch, compared with one run at a time. */
async function together(engine: LlamaEngine, job: RunJob, rounds: number) {
  const speeds = new Map<number, number[]>([1, 2, 4].map((count) => [count, []]))
  for (let round = 0; round < rounds; round += 1)
    for (const [count, all] of speeds) {
      const runs = Array.from({ length: count }, () => engine.run({ ...job, alone: false }, never))
      const [ms, outcomes] = await timed(() => Promise.all(runs))
      all.push(outcomes.reduce((sum, { usage }) => sum + usage.tokens_out, 0) / (ms / 1_000))
    }
  return Object.fromEntries([...speeds].map(([count, all]) => [count, round(median(all), 1)]))
}

/** Tests whether an answer changes when others run with it: three that decode too, and one that reads a long prompt. */
async function besideOthers(engine: LlamaEngine, job: RunJob) {
  const shared = { ...job, alone: false }
  const long = 'The sea is deep and the wind is strong. '.repeat(120)
  const ask = (text: string) => ({ ...shared, ...plainPrompt(text, job) })
  const alone = (await engine.run(job, never)).text
  const [decoding] = await Promise.all([shared, ...OTHERS.map(ask)].map((one) => engine.run(one, never)))
  const [reading] = await Promise.all([shared, ask(long)].map((one) => engine.run(one, never)))
  return { same_beside_decoding: decoding?.text === alone, same_beside_reading: reading?.text === alone }
}

/**
 * Returns the counted size of the models, and the memory of the engine's process, in bytes; null if the system does
 * not tell.
 */
async function memoryOf(engine: LlamaEngine) {
  const status = await readFile(`/proc/${engine.pid}/status`, 'utf8').catch(() => '')
  const kib = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN)
  const bytes = (field: string) => (Number.isNaN(kib(field)) ? null : kib(field) * 1_024)
  return { models: engine.loaded(), resident: bytes('VmRSS'), of_it_anonymous: bytes('RssAnon') }
}
