import type OpenAI from 'openai'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import type { TaskView } from '../../host/operations/context.ts'
import { here, ripple } from '../harness/peer.ts'
import { Prng } from '../harness/sim/random.ts'
import { clientOf } from './answers.ts'
import { quantile, round, spread } from './compare.ts'
import { type BenchMesh, type Member, openMesh } from './mesh.ts'

const PROMPT = 'Once upon a time, a river and a mountain began to talk about the sea. '

/** Earliest and latest place of a kill, in pieces of the answer that the reader has. */
const KILL_AT = { first: 1, last: 60 }

/** The fate of one answer. */
interface Survived {
  /** Longest time between two pieces, in milliseconds. */
  readonly gap_ms: number
  readonly tokens: number
  /** Whether the task was accepted, its text is what was streamed, and its receipt holds. */
  readonly whole: boolean
  /** Whether it is the answer that a worker gives which nobody kills. */
  readonly same: boolean
  readonly attempts: number
}

/**
 * A poster without a model and two workers. The one that answers is killed with `SIGKILL` amid each answer, and started again
 * for the next: whether the reader's one stream gives a whole answer, and how long it stood still.
 */
export async function measure(
  { n, tokens, seed }: { n: number; tokens: number; seed: number },
  say: (line: string) => void,
): Promise<object> {
  await using mesh = await openMesh(2)
  const random = new Prng(seed)
  const client = await clientOf(mesh.poster)
  const undisturbed = await read(client, tokens, () => undefined)
  const seen: Survived[] = []
  for (let turn = 1; turn <= n; turn += 1) {
    const survived = await killAmid(
      mesh,
      client,
      tokens,
      random.int(KILL_AT.first, KILL_AT.last),
      undisturbed.text,
    )
    seen.push(survived)
    say(`${turn} of ${n}: ${JSON.stringify(survived)}`)
    await mesh.met()
  }
  const gaps = seen.map(({ gap_ms }) => gap_ms)
  return {
    kills: n,
    whole: seen.filter(({ whole }) => whole).length,
    same_text: seen.filter(({ same }) => same).length,
    gap_ms: { ...spread(gaps), p95: round(quantile(gaps, 0.95)), most: round(Math.max(...gaps)) },
  }
}

async function killAmid(
  { poster, workers }: BenchMesh,
  client: OpenAI,
  tokens: number,
  killAt: number,
  expected: string,
): Promise<Survived> {
  let killed: Promise<Member> | null = null
  const answer = await read(client, tokens, (id, pieces) => {
    if (pieces === killAt) killed = killWorker(poster, workers, id)
  })
  const dead = await (killed as Promise<Member> | null)
  const task = await poster.call<TaskView>('task.show', { id: answer.id })
  const checked = await ripple(here, 'verify', answer.receipt ?? '', '--json')
  await dead?.startAgain()
  const accepted = task.state === 'accepted' && task.output?.text === answer.text
  return {
    gap_ms: round(answer.gap_ms),
    tokens: answer.tokens,
    whole: dead !== null && accepted && checked.code === 0,
    same: answer.text === expected,
    attempts: task.attempts.length,
  }
}

async function killWorker(poster: Member, workers: readonly Member[], id: string): Promise<Member> {
  const { attempts } = await poster.call<TaskView>('task.show', { id })
  const worker = workers.find(({ agent }) => agent === attempts.at(-1)?.worker)
  if (!worker) throw new TypeError(`nobody runs ${id}`)
  await worker.kill()
  return worker
}

/** Reads an answer to its end, and tells of each piece as it comes. */
async function read(client: OpenAI, max_tokens: number, came: (id: string, pieces: number) => void) {
  const { data, response } = await client.completions
    .create({
      model: DEFAULT_MODEL,
      prompt: PROMPT,
      max_tokens,
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
    })
    .withResponse()
  const id = response.headers.get('x-ripple-task') ?? ''
  const at: number[] = []
  let [text, tokens, receipt]: [string, number, string | null] = ['', 0, null]
  for await (const chunk of data) {
    if (chunk.choices[0]?.text) {
      at.push(performance.now())
      text += chunk.choices[0].text
      came(id, at.length)
    }
    tokens = chunk.usage?.completion_tokens ?? tokens
    receipt = (chunk as { ripple?: { receipt: string | null } }).ripple?.receipt ?? receipt
  }
  const gap_ms = Math.max(0, ...at.slice(1).map((time, index) => time - (at[index] ?? time)))
  return { id, text, tokens, receipt, gap_ms }
}
