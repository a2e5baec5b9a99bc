/** Several equal peers behind one `/v1`: how much more than one of them they do. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Answered, Asked } from './ask-v1.ts'
import type { Figure } from './figure.ts'
import type { Host } from './host.ts'
import { bounds, PATIENCE_MS, type Run, type Scenario } from './scenario.ts'
import { type EngineKind, Site } from './site.ts'
import { isWhole, views } from './whole.ts'

/** Answers for each peer, those that are open for each peer at a time, their length in tokens, and the engine's rate. */
const quick = { engine: 'rate', answers: 8, open: 4, tokens: 200, tokens_per_second: 10 } as const
/** Longer answers for eight peers: what they cost besides the engine is shared by the cores of one machine. */
const long = { ...quick, tokens: 300, tokens_per_second: 4 } as const
const llama = { ...quick, engine: 'llama', tokens: 96 } as const
/** The numbers of peers, and the load of each. */
const meshes = [
  { k: 2, ...quick },
  { k: 4, ...quick },
  { k: 8, ...long },
]

export const share: Scenario = {
  name: 'share',
  about:
    'k peers with an engine of a fixed rate behind one /v1 (--full: k = 2, 4 and 8, and two with llama.cpp)',
  run: async (run) => {
    const figures: Figure[] = []
    for (const load of run.full ? meshes : meshes.slice(0, 1)) {
      figures.push({
        what: `k = ${load.k}: share of k times one peer's throughput`,
        unit: '',
        values: [(await speedUp(run, load)) / load.k],
        bound: { least: bounds.share_of_peers },
      })
    }
    if (run.full) {
      const values = [(await speedUp(run, { k: 2, ...llama })) / 2]
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
  readonly tokens_per_second: number
}

/** Throughput of k peers, as a multiple of that of the one whose `/v1` is asked. */
async function speedUp({ say, signal }: Run, load: Load): Promise<number> {
  const { k, engine, answers, open, tokens } = load
  const engines = Array.from({ length: k }, () => engine)
  await using site = await Site.open({
    engines,
    env: () => ({ RIPPLE_SHARE_CORES: '1', STAND_IN_RATE: String(load.tokens_per_second) }),
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
