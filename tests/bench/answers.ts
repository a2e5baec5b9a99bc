import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI from 'openai'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import { testModel } from '../harness/model.ts'
import { tree } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { compare } from './compare.ts'
import { type Member, openMesh } from './mesh.ts'
import { firstOf, openRaw, speedOf, type Times } from './raw-engine.ts'

const PROMPT = 'Once upon a time, a river and a mountain began to talk about the sea. '

/** What comes after an answer (receipt, publishing) is let end before the next one is asked for, in milliseconds. */
const SETTLE_MS = 1_500

/**
 * One prompt, answered by a plain loop over node-llama-cpp, by a daemon's own model, and by another machine's through that same
 * daemon, in turns and with the same processes up: three daemons with their conductors. All is asked by OpenAI's client.
 */
export async function measure(
  { n, tokens }: { n: number; tokens: number },
  say: (line: string) => void,
): Promise<object> {
  const file = { ...(await testModel()), chat_template: 'none' as const }
  await using mesh = await openMesh(2)
  const [asked, other] = mesh.workers as [Member, Member]
  await using raw = await openRaw(file, PROMPT, tokens)
  const client = await clientOf(asked)
  await until('the other machine is known', () => knows(client, nameOf(other.agent)))
  const texts = new Set<string>()
  const ask = async (agent: string): Promise<Times> => {
    const { times, text } = await answer(client, nameOf(agent), tokens)
    texts.add(text)
    return times
  }
  const ways = {
    raw: () => raw.run(),
    local: () => ask(asked.agent),
    mesh: () => ask(other.agent),
  }
  const seen = { raw: [] as Times[], local: [] as Times[], mesh: [] as Times[] }
  const names = ['raw', 'local', 'mesh'] as const
  for (const name of names) await ways[name]()
  for (let turn = 0; turn < n; turn += 1) {
    for (const name of turn % 2 === 0 ? names : names.toReversed()) {
      await sleep(SETTLE_MS)
      seen[name].push(await ways[name]())
    }
    say(`${turn + 1} of ${n} rounds`)
  }
  const [rawSeen, local, through] = names.map((name) => seen[name]) as [Times[], Times[], Times[]]
  return {
    model: file.name,
    tokens,
    local_beside_raw: beside(local, rawSeen),
    mesh_beside_local: beside(through, local),
    same_answer: texts.size === 1,
    daemon_without_model_mib: tree(mesh.poster.pid)[0]?.rssMib ?? null,
  }
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

/** An answer, and when each of its pieces came; a piece of several tokens is as many that came at once. */
async function answer(client: OpenAI, model: string, max_tokens: number) {
  const at: number[] = []
  let text = ''
  let tokens = 0
  const from = performance.now()
  const asked = { model, prompt: PROMPT, max_tokens, temperature: 0, seed: 1 }
  const stream = await client.completions.create({
    ...asked,
    stream: true,
    stream_options: { include_usage: true },
  })
  for await (const { choices, usage } of stream) {
    if (choices[0]?.text) at.push(performance.now())
    text += choices[0]?.text ?? ''
    tokens = usage?.completion_tokens ?? tokens
  }
  return { text, times: { asked: from, first: at[0] ?? Number.NaN, last: at.at(-1) ?? Number.NaN, tokens } }
}
