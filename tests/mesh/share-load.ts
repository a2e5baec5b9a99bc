/** Several equal peers behind one `/v1`: how much more than one of them they do. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Answered, Asked } from './ask-v1.ts'
import type { Figure } from './figure.ts'
import type { Host } from './host.ts'
import { bounds, PATIENCE_MS, type Run, type Scenario } from './scenario.ts'
import { type EngineKind, Site } from './site.ts'
import { isWhole, views } from './whole.ts'

/** Answers for each peer, those that are open for each peer at a time, and their length in tokens. */
const load = { answers: 8, open: 4, tokens: 200 }
const llama = { answers: 8, open: 4, tokens: 96 }

export const share: Scenario = {
  name: 'share',
  about:
    'k peers with an engine of a fixed rate behind one /v1 (--full: k = 2, 4 and 8, and two with llama.cpp)',
  run: async (run) => {
    const figures: Figure[] = []
    for (const k of run.full ? [2, 4, 8] : [2]) {
      const times = await speedUp(run, { k, engine: 'rate', ...load })
      figures.push({
        what: `k = ${k}: share of k times one peer's throughput`,
        unit: '',
        values: [times / k],
        bound: { least: bounds.share_of_peers },
      })
    }
    if (run.full) {
      const values = [(await speedUp(run, { k: 2, engine: 'llama', ...llama })) / 2]
      figures.push({ what: 'k = 2, llama.cpp, one thread each', unit: '', values, bound: null })
    }
    return figures
  },
}

interface Load {
  readonly k: number
  readonly engine: EngineKind
  readonly answers: number
  readonly open: number
  readonly tokens: number
}

/** Throughput of k peers, as a multiple of that of the one whose `/v1` is asked. */
async function speedUp({ say, signal }: Run, { k, engine, answers, open, tokens }: Load): Promise<number> {
  const engines = Array.from({ length: k }, () => engine)
  await using site = await Site.open({
    engines,
    env: () => ({ RIPPLE_SHARE_CORES: '1' }),

    say,
    signal,
  })
  await site.install()
  const [door] = site.hosts
  if (!door) throw new TypeError('there is no host')
  await door.up()
  await ask(door, { count: 2, open: 2, tokens: 4 })
  const alone = await ask(door, { count: answers, open, tokens })
  say(`one peer: ${rate(alone).toFixed(1)} tokens/s`)
  await Promise.all(site.hosts.slice(1).map((host) => host.up()))
  if ((await site.until(performance.now(), PATIENCE_MS, () => isWhole(site.hosts))) === null)
    throw new TypeError(`the mesh did not become whole: ${await views(site.hosts)}`)
  await ask(door, { count: 4 * k, open: 4 * k, tokens: 4 })
  const together = await ask(door, { count: k * answers, open: k * open, tokens })
  say(`${k} peers: ${rate(together).toFixed(1)} tokens/s`)
  return rate(together) / rate(alone)
}

/** Tokens a second. */
function rate({ tokens, ms }: Answered): number {
  return (1_000 * tokens) / ms
}

/** Asks a host's `/v1` from inside, because it listens on loopback. */
async function ask(host: Host, load: Omit<Asked, 'url' | 'key_file' | 'model'>): Promise<Answered> {
  const { api, models } = await host.json<{ api: { url: string; key_file: string }; models: string[] }>(
    'status',
  )
  const asked: Asked = { ...api, ...load, model: models[0] ?? '' }
  const [program = '', ...args] = [
    ...host.machine.prefix,
    ...[process.execPath, '--import', 'tsx', join(import.meta.dirname, 'ask-v1.ts'), JSON.stringify(asked)],
  ]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const code = await new Promise((done) => child.on('close', done))
  if (code !== 0) throw new TypeError(`asking ended with ${code}`)
  return JSON.parse(text) as Answered
}
