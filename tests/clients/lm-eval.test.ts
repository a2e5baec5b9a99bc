// Tests that lm-evaluation-harness from its registry scores multiple choice by a real daemon, behind HEAVY_CLIENTS=1.
import { cp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { getLlama, type LlamaModel, type Token } from 'node-llama-cpp'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import type { Ready } from '../../host/operations/local.ts'
import { type Mesh, openMesh } from '../harness/mesh.ts'
import { testModel } from '../harness/model.ts'
import type { Running } from '../harness/peer.ts'
import { heavyClients } from '../harness/slow.ts'
import { WARM_MS } from '../harness/warm-data.ts'
import { here, installLmEval, lmEval, lmEvalPython } from './install.ts'

/** Longest time of the whole evaluation, in milliseconds: 600 prompts, each read alone because it has a seed. */
const EVALUATION_MS = 900_000
const ITEMS = 200
/** Two choices whose log probabilities differ by less are a tie: the last digits depend on the batch. */
const TIE = 0.1
/** The most ties: a comparison of ties alone would say nothing. */
const TIES_MAX = 40

/** A line of the harness's file of samples, as far as it is read here. */
interface Sample {
  readonly doc: { readonly context: string; readonly choices: readonly string[] }
  readonly filtered_resps: readonly (readonly [logprob: string | number, greedy: unknown])[]
}

describe.runIf(heavyClients)('lm-evaluation-harness, with a real model', () => {
  let mesh: Mesh
  let peer: Running<Ready>
  let own: LlamaModel

  beforeAll(async () => {
    await installLmEval()
    // Each of 600 prompts would be a task of its own, and cost the conductor minutes.
    vi.stubEnv('RIPPLE_INFERENCE_POST', 'false')
    mesh = await openMesh('lm-eval')
    peer = await mesh.up('peer')
    const { path } = await testModel()
    own = await (await getLlama({ gpu: false, build: 'never' })).loadModel({ modelPath: path })
  }, WARM_MS)
  afterAll(async () => {
    vi.unstubAllEnvs()
    await own.dispose()
    expect(await mesh.end()).toEqual([])
  })

  /** Evaluates the items in a folder of their own, and returns the harness's samples. */
  async function evaluate(): Promise<Sample[]> {
    const folder = join(mesh.folder, 'lm-eval')
    await cp(join(here, 'lm-eval'), folder, { recursive: true })
    const { path } = await testModel()
    await execa(lmEvalPython, [join(folder, 'tokenizer.py'), path, join(folder, 'tokenizer')])
    const { url, key_file } = peer.ready.api
    const model = `model=${DEFAULT_MODEL},base_url=${url}/v1/completions,tokenizer=tokenizer`
    const words = ['--model', 'local-completions', '--model_args', `${model},tokenizer_backend=huggingface`]
    const task = ['--tasks', 'ripple_choices', '--include_path', '.', '--batch_size', '16']
    const OPENAI_API_KEY = (await readFile(key_file, 'utf8')).trim()
    await execa(lmEval, [...words, ...task, '--log_samples', '--output_path', 'out'], {
      cwd: folder,
      env: { OPENAI_API_KEY, HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1' },
      timeout: EVALUATION_MS,
      all: true,
    })
    const files = await readdir(join(folder, 'out'), { recursive: true })
    const file = files.find((name) => name.endsWith('.jsonl')) ?? ''
    const lines = (await readFile(join(folder, 'out', file), 'utf8')).trim().split('\n')
    return lines.map((line) => JSON.parse(line) as Sample)
  }

  test('each choice of 200 items is the one of node-llama-cpp, ties apart', {
    timeout: 2 * EVALUATION_MS,
  }, async () => {
    const samples = await evaluate()
    expect(samples).toHaveLength(ITEMS)
    const context = await own.createContext({ contextSize: 256, threads: 1 })
    const sequence = context.getSequence()
    const known = new Map<string, ReadonlyMap<Token, number>>()
    const chosen = new Set<number>()
    const wrong: string[] = []
    let ties = 0
    let apart = 0
    for (const { doc, filtered_resps } of samples) {
      known.clear()
      const wanted: number[] = []
      for (const choice of doc.choices) wanted.push(await logprobOf(doc.context, choice))
      const [best = 0, second = 0] = [...wanted].sort((one, two) => two - one)
      const given = filtered_resps.map(([logprob]) => Number(logprob))
      apart = Math.max(apart, ...wanted.map((one, at) => Math.abs(one - (given[at] ?? Number.NaN))))
      const choice = given.indexOf(Math.max(...given))
      chosen.add(choice)
      if (best - second < TIE) ties += 1
      else if (choice !== wanted.indexOf(best)) wrong.push(doc.context)
    }
    console.log(`lm-eval: ${ITEMS} items, ${ties} ties, log probabilities at most ${apart.toFixed(4)} apart`)
    expect(wrong).toEqual([])
    expect(ties).toBeLessThan(TIES_MAX)
    expect([...chosen].sort()).toEqual([0, 1, 2])

    /** Returns the log probability of a continuation, by all logits before each of its tokens. */
    async function logprobOf(before: string, text: string): Promise<number> {
      const from = own.tokenize(before).length
      const tokens = own.tokenize(before + text)
      let sum = 0
      for (let at = from; at < tokens.length; at++)
        sum += logprobIn(await logitsAfter(tokens.slice(0, at)), tokens[at] as Token)
      return sum
    }

    /** Returns the logits of all tokens after the given ones. Choices begin alike, and each look reads the whole vocabulary. */
    async function logitsAfter(tokens: readonly Token[]): Promise<ReadonlyMap<Token, number>> {
      const name = tokens.join()
      const found = known.get(name)
      if (found !== undefined) return found
      await sequence.clearHistory()
      const wants = { generateNext: { logits: true } } as const
      const read = await sequence.controlledEvaluate([
        ...tokens.slice(0, -1),
        [tokens.at(-1) as Token, wants],
      ])
      const logits = read.at(-1)?.next.logits ?? new Map<Token, number>()
      known.set(name, logits)
      return logits
    }
  })
})

/** Returns the log probability of a token by the logits of all tokens. */
function logprobIn(logits: ReadonlyMap<Token, number>, token: Token): number {
  const values = [...logits.values()]
  const most = values.reduce((one, two) => Math.max(one, two))
  const weight = values.reduce((sum, value) => sum + Math.exp(value - most), 0)
  return (logits.get(token) ?? Number.NaN) - most - Math.log(weight)
}
