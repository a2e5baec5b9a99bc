import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI from 'openai'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import { testModel } from '../harness/model.ts'
import { tree } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { compare } from './compare.ts'
import { type Member, openMesh } from './mesh.ts'
import { type File, firstOf, openRaw, speedOf, type Times } from './raw-engine.ts'

const PROMPT = 'Once upon a time, a river and a mountain began to talk about the sea. '

/** The pause after an answer, in milliseconds, in which its receipt and publishing end before the next request. */
const SETTLE_MS = 1_500

/**
 * One prompt, answered by a plain loop over node-llama-cpp and by a daemon's own model, with that one daemon and its conductor
 * up; then by a daemon's own model and by another machine's through that same daemon, with both up. Other machines' conductors
 * have no part in the first: here they would take the very cores that the answer is made on, which they do nowhere else. Ways
 * take turns, and all is asked by OpenAI's client.
 */
export async function measure(
  { n, tokens }: { n: number; tokens: number },
  say: (line: string) => void,
): Promise<object> {
  const file = { ...(await testModel()), chat_template: 'none' as const }
  const alone = await measureAlone(file, n, tokens, say)
  const mesh = await measureMesh(n, tokens, say)
  return {
    model: file.name,
    tokens,
    local_beside_raw: alone.beside,
    mesh_beside_local: mesh.beside,
    same_answer: new Set([...alone.texts, ...mesh.texts]).size === 1,
    daemon_without_model_mib: alone.daemon_mib,
  }
}

async function measureAlone(file: File, n: number, tokens: number, say: (line: string) => void) {
  await using mesh = await openMesh(0, { poster_has_models: true })
  await using raw = await openRaw(file, PROMPT, tokens)
  const { poster } = mesh
  const asking = new Asking(await clientOf(poster), tokens)
  const [local, plain] = await takeTurns(n, [() => asking.ask(poster.agent), () => raw.run()], say)
  // The model is in a process of its own, so the daemon's is that of a machine without one that has answered as much.
  return {
    beside: beside(local, plain),
    texts: asking.texts,
    daemon_mib: tree(poster.pid)[0]?.rssMib ?? null,
  }
}

async function measureMesh(n: number, tokens: number, say: (line: string) => void) {
  await using mesh = await openMesh(1, { poster_has_models: true })
  const [other] = mesh.workers as [Member]
  const client = await clientOf(mesh.poster)
  await until('the other machine is known', () => knows(client, nameOf(other.agent)))
  const asking = new Asking(client, tokens)
  const ways = [other.agent, mesh.poster.agent].map((agent) => () => asking.ask(agent)) as [Ask, Ask]
  const [through, local] = await takeTurns(n, ways, say)
  return { beside: beside(through, local), texts: asking.texts }
}

type Ask = () => Promise<Times>

/** Both ways, so many times each, after a first time that does not count. */
async function takeTurns(n: number, ways: readonly [Ask, Ask], say: (line: string) => void) {
  const seen: [Times[], Times[]] = [[], []]
  for (const way of ways) await way()
  for (let turn = 0; turn < n; turn += 1) {
    for (const index of turn % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      await sleep(SETTLE_MS)
      seen[index].push(await ways[index]())
    }
    say(`${turn + 1} of ${n} rounds`)
  }
  return seen
}

/** The model as one machine alone may run it. */
function nameOf(agent: string): string {
  return `peer:${agent}/${DEFAULT_MODEL}`
}

async function knows(client: OpenAI, name: string): Promise<boolean> {
  return (await client.models.list()).data.some(({ id }) => id === name)
}

function beside(ours: Times[], raw: Times[]) {
  return {
    first_token_ms: compare(ours.map(firstOf), raw.map(firstOf)),
    tokens_per_second: compare(ours.map(speedOf), raw.map(speedOf)),
  }
}

/** OpenAI's client, for a daemon. */
export async function clientOf(member: Member): Promise<OpenAI> {
  const { url, token } = await member.api()
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 })
}

/** Asks one daemon, and keeps the texts that came. */
class Asking {
  readonly texts = new Set<string>()
  readonly #client: OpenAI
  readonly #tokens: number

  constructor(client: OpenAI, tokens: number) {
    this.#client = client
    this.#tokens = tokens
  }

  /** An answer of one machine, and when its pieces came; a piece of several tokens is as many that came at once. */
  async ask(agent: string): Promise<Times> {
    const at: number[] = []
    let text = ''
    let tokens = 0
    const asked = performance.now()
    const stream = await this.#client.completions.create({
      model: nameOf(agent),
      prompt: PROMPT,
      max_tokens: this.#tokens,
      temperature: 0,
      seed: 1,
      stream: true,
      stream_options: { include_usage: true },
    })
    for await (const { choices, usage } of stream) {
      if (choices[0]?.text) at.push(performance.now())
      text += choices[0]?.text ?? ''
      tokens = usage?.completion_tokens ?? tokens
    }
    this.texts.add(text)
    return { asked, first: at[0] ?? Number.NaN, last: at.at(-1) ?? Number.NaN, tokens }
  }
}
