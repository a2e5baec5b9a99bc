import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readEnv } from '../../host/config/env.ts'
import { userPaths } from '../../host/config/paths.ts'
import { limits } from '../../host/limits.ts'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import { apart, begin, here, type Machine, type Ran, ripple, rippleJson } from '../harness/peer.ts'
import { runs } from '../harness/processes.ts'
import { until } from '../harness/until.ts'
import { WARM_MS, warmData } from '../harness/warm-data.ts'
import { tinyGguf } from '../unit/models/tiny-gguf.ts'

interface Up {
  readonly pid: number
  readonly agent: string
  readonly join: string
  readonly api: { readonly url: string; readonly token_file: string }
}
interface Task {
  readonly id: string
  readonly state: string
  readonly receipt: string
  readonly output: { readonly text: string }
}

const TASK_MS = 120_000

let folder: string
let data: string
let daemon: Up
/** This machine with a models folder of its own, from which files may be removed. */
let machine: Machine

const run = (...words: string[]): Promise<Ran> => ripple(machine, ...words, '--data', data)
const json = <T>(...words: string[]): Promise<T> => rippleJson<T>(machine, ...words, '--data', data)
const codeOf = ({ stdout }: Ran): string => JSON.parse(stdout).error.code

/** Asks for the status with these headers; gives the HTTP status and the error's code. */
function ask(headers: Record<string, string>): Promise<[number | undefined, string | undefined]> {
  return new Promise((done, fail) => {
    const asked = request(`${daemon.api.url}/api/status`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
    })
    asked.on('error', fail)
    asked.on('response', async (answer) => {
      const body = Buffer.concat(await answer.toArray()).toString()
      done([answer.statusCode, JSON.parse(body).error?.code])
    })
    asked.end('{}')
  })
}

/** A cache with the tools and models of the user's, and a model file besides. */
async function ownCache(): Promise<string> {
  const { cache } = userPaths(readEnv(), process.platform)
  const models = join(folder, 'cache', 'ripple', 'models')
  await mkdir(models, { recursive: true })
  for (const name of (await readdir(cache)).filter((one) => one !== 'models'))
    await symlink(join(cache, name), join(folder, 'cache', 'ripple', name))
  for (const name of (await readdir(join(cache, 'models'))).filter((one) => one.endsWith('.gguf')))
    await symlink(join(cache, 'models', name), join(models, name))
  await copyFile(join(cache, 'models', '.facts.json'), join(models, '.facts.json'))
  await writeFile(join(models, 'Mine.gguf'), tinyGguf())
  return join(folder, 'cache')
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-e2e-'))
  machine = { prefix: [], env: { ...(await apart()).env, XDG_CACHE_HOME: await ownCache() } }
  data = await warmData(folder, 'peer')
  daemon = await json<Up>('up', '--detach', '--port', '0', '--name', 'only-peer')
}, WARM_MS)

afterAll(async () => {
  await run('down')
  await rm(folder, { recursive: true, force: true })
}, 60_000)

describe('a daemon', () => {
  test("`status` shows the daemon's agent, name, process and conductor", async () => {
    const status = await json<Record<string, unknown> & { conductor: object }>('status')
    expect(status).toMatchObject({ agent: daemon.agent, name: 'only-peer', pid: daemon.pid, api: daemon.api })
    expect(status.conductor).toMatchObject({ version: '0.7.1', state: 'ready' })
    const { stdout } = await run('status')
    expect(stdout).toContain(daemon.agent)
  })

  test('`peers` lists the machine itself', async () => {
    const { peers } = await json<{ peers: object[] }>('peers')
    expect(peers).toMatchObject([{ agent: daemon.agent, self: true, name: 'only-peer' }])
  })

  test('`doctor` finds the machine in order', async () => {
    const { code, stdout } = await run('doctor', '--json')
    expect(JSON.parse(stdout).checks.filter((check: { level: string }) => check.level === 'fail')).toEqual([])
    expect(code).toBe(0)
  })

  test('a second daemon gets neither the data folder nor the port', async () => {
    expect(await json<Up>('up', '--port', '0')).toMatchObject({
      already: true,
      pid: daemon.pid,
      agent: daemon.agent,
    })
    const port = new URL(daemon.api.url).port
    const other = await ripple(here, 'up', '--port', port, '--json', '--data', join(folder, 'other'))
    expect([other.code, codeOf(other)]).toEqual([2, 'RIPPLE_PORT_TAKEN'])
  }, 60_000)

  test.each([
    ['does not know the token', { authorization: `Bearer ${'x'.repeat(43)}` }, 401, 'RIPPLE_UNAUTHORIZED'],
    ['has no token', {}, 401, 'RIPPLE_UNAUTHORIZED'],
    ['comes by the name of another host', { host: 'example.org' }, 403, 'RIPPLE_FOREIGN_HOST'],
    ['is a page of another site', { origin: 'https://example.org' }, 403, 'RIPPLE_FOREIGN_ORIGIN'],
  ])('the API refuses a caller who %s', async (_who, headers, status, code) => {
    expect(await ask(headers)).toEqual([status, code])
  })

  test('the API answers a caller who knows the token', async () => {
    const token = await readFile(daemon.api.token_file, 'utf8')
    expect(await ask({ authorization: `Bearer ${token.trim()}` })).toEqual([200, undefined])
  })
})

describe('a task', () => {
  let task: Task

  beforeAll(async () => {
    const words = [
      '--prompt',
      'Name three primary colors.',
      '--max-tokens',
      '16',
      '--key',
      'key-of-an-e2e-test',
      '--wait',
    ]
    task = await json<Task>('task', 'post', ...words)
  }, TASK_MS)

  test(
    'a posted task runs and is accepted, and its key never posts twice',
    async () => {
      expect(task).toMatchObject({ id: 'key-of-an-e2e-test', state: 'accepted' })
      expect(task.output.text.length).toBeGreaterThan(0)
      const again = await json<Task>(
        'task',
        'post',
        '--prompt',
        'Name three primary colors.',
        '--max-tokens',
        '16',
        '--key',
        task.id,
      )
      expect(again).toMatchObject({ id: task.id, state: 'accepted' })
      const other = await run('task', 'post', '--prompt', 'Something else', '--key', task.id, '--json')
      expect([other.code, codeOf(other)]).toEqual([2, 'RIPPLE_TASK_CONFLICT'])
      const { tasks } = await json<{ tasks: Task[] }>('task', 'list')
      expect(tasks.map(({ id }) => id)).toEqual([task.id])
    },
    TASK_MS,
  )

  test('`task show` prints the answer, and `task why` prints how the attempt ended', async () => {
    const { stdout } = await run('task', 'show', task.id.slice(0, 8))
    expect(stdout).toContain(task.output.text)
    expect(await json<object>('task', 'why', task.id)).toMatchObject({
      state: 'accepted',
      now: null,
      ended: null,
      attempts: [{ worker: daemon.agent, ended: { why: 'accepted' } }],
      peers: [],
    })
  })

  test('`task plan` posts nothing, and reports what no known machine has', async () => {
    const plan = await json<object>('task', 'plan', '--prefer', 'fastest', '--strategy', 'weighted_score')
    expect(plan).toMatchObject({ first: [daemon.agent], missing: [], peers: [{ rank: 0, codes: [] }] })
    const greedy = ['--gpu', '64', '--tag', 'moon:base']
    const planned = await run('task', 'plan', ...greedy)
    expect([planned.code, planned.stdout]).toEqual([4, expect.stringContaining('64 GPUs')])
    const refused = await run('task', 'post', '--prompt', 'x', ...greedy, '--json')
    expect([refused.code, codeOf(refused)]).toEqual([4, 'RIPPLE_TASK_INFEASIBLE'])
    const key = 'key-of-a-test-that-is-forced'
    const forced = await json<Task>('task', 'post', '--prompt', 'x', '--key', key, ...greedy, '--force')
    expect(forced.state).toBe('posted')
    expect(await json('task', 'why', key)).toMatchObject({
      now: { on: 'nobody' },
      peers: [{ rank: null, self: true, codes: ['gpu_short', 'tag_missing'] }],
    })
    expect(await json('task', 'cancel', key)).toMatchObject({
      state: 'cancelled',
      ended: { why: 'cancelled' },
    })
  })

  test('anybody can verify the receipt of a task, and a changed byte fails it', async () => {
    const { stdout: path } = await run('task', 'receipt', task.id)
    expect(path.trim()).toBe(task.receipt)
    // An empty data folder: verifying asks no daemon.
    const alone = ['--data', join(folder, 'nobody')]
    const whole = await ripple(here, 'verify', task.receipt, ...alone)
    expect([whole.code, whole.stdout]).toEqual([0, expect.stringContaining('verified')])
    const bytes = await readFile(task.receipt)
    const at = Math.floor(bytes.length / 2)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    const flipped = join(folder, 'flipped.receipt')
    await writeFile(flipped, bytes)
    const broken = await ripple(here, 'verify', flipped, ...alone, '--json')
    // A changed byte of the file's form makes the file unreadable as a receipt.
    expect([broken.code, codeOf(broken)]).toEqual([
      1,
      expect.stringMatching(/^RIPPLE_(RECEIPT_INVALID|NOT_A_RECEIPT)$/),
    ])
  }, 60_000)

  test(
    '`verify --replay --online` gets the same answer and finds no sibling on the network',
    async () => {
      const verdict = await json<object>('verify', task.receipt, '--replay', '--online')
      expect(verdict).toMatchObject({ verified: true, replay: { same: true }, online: [], self_made: true })
    },
    TASK_MS,
  )

  test(
    'a task waits while its machine drains and runs when the drain is over',
    async () => {
      expect(await json('drain', '--wait')).toEqual({ draining: true, held_grants: 0 })
      const { id } = await json<Task>('task', 'post', '--prompt', 'Name two.', '--max-tokens', '8')
      await until('the machine counts as draining', async () => {
        const { peers } = await json<{ peers: { codes: string[] }[] }>('task', 'why', id)
        return peers[0]?.codes.includes('draining') ?? false
      })
      expect(await json('drain', '--off')).toEqual({ draining: false, held_grants: 0 })
      await until('the task is done', async () => (await json<Task>('task', 'show', id)).state === 'accepted')
    },
    TASK_MS,
  )

  test(
    'a task goes on when the command that waits for it is interrupted',
    async () => {
      const key = 'key-of-a-test-that-is-interrupted'
      const words = [
        '--prompt',
        'Count to one hundred.',
        '--max-tokens',
        '256',
        '--key',
        key,
        '--wait',
        '--data',
        data,
      ]
      const waiting = begin(here, 'ripple', 'task', 'post', ...words)
      await waiting.until(({ stderr }) => (stderr === '' ? null : true))
      waiting.kill('SIGINT')
      const ran = await waiting.ended
      expect(ran.code).toBe(130)
      expect(ran.stderr).toContain(`ripple task show ${key}`)
      await until(
        'the task is accepted',
        async () => (await json<Task>('task', 'show', key)).state === 'accepted',
      )
    },
    TASK_MS,
  )

  test.each([
    [['--prompt', ''], 'RIPPLE_PROMPT_EMPTY', 2],
    [['--prompt', ' \n\t'], 'RIPPLE_PROMPT_EMPTY', 2],
    [['--prompt', 'x', '--max-tokens', '0'], 'RIPPLE_USAGE', 2],
    [['--prompt', 'x', '--model', 'no-such-model'], 'RIPPLE_MODEL_UNKNOWN', 2],
    [['--bogus'], 'RIPPLE_USAGE', 2],
  ])('`task post` with %j is refused', async (words, code, exit) => {
    const ran = await run('task', 'post', ...words, '--json')
    expect([ran.code, codeOf(ran)]).toEqual([exit, code])
  })

  test.each([
    ['is too long', Buffer.alloc(limits.prompt_bytes_max + 1, 'x'), 'RIPPLE_PROMPT_TOO_LARGE'],
    ['is not UTF-8', Buffer.from([0x68, 0x69, 0xff]), 'RIPPLE_PROMPT_ENCODING'],
  ])('`task post` with a file that %s is refused', async (_what, bytes, code) => {
    const file = join(folder, 'prompt')
    await writeFile(file, bytes)
    const ran = await run('task', 'post', '--file', file, '--json')
    expect([ran.code, codeOf(ran)]).toEqual([2, code])
  })
})

describe('models of a daemon', () => {
  interface Model {
    readonly name: string
    readonly present: boolean
    readonly loaded: boolean
    readonly path: string | null
  }
  const listed = async (name: string) =>
    (await json<{ models: Model[] }>('model', 'ls')).models.find((model) => model.name === name)
  const onCard = async () => (await json<{ peers: { models: string[] }[] }>('peers')).peers[0]?.models ?? []

  test('a model is loaded and judged, and is not removed while it is in memory', async () => {
    expect(await listed(DEFAULT_MODEL)).toMatchObject({ present: true })
    expect(await json('model', 'load', DEFAULT_MODEL.toLowerCase())).toMatchObject({
      name: DEFAULT_MODEL,
      loaded: true,
    })
    const fit = await json<{ verdict: string }>('model', 'fit', DEFAULT_MODEL)
    expect(fit).toMatchObject({ name: DEFAULT_MODEL, here: true, file_bytes: { basis: 'from the file' } })
    expect(fit.verdict).not.toBe('does_not_fit')
    const refused = await run('model', 'rm', DEFAULT_MODEL, '--json')
    expect([refused.code, codeOf(refused)]).toEqual([1, 'RIPPLE_MODEL_IN_USE'])
    expect(await listed(DEFAULT_MODEL)).toMatchObject({ present: true, loaded: true })
    expect(await json('model', 'unload', DEFAULT_MODEL)).toEqual({ model: DEFAULT_MODEL, unloaded: true })
  }, 120_000)

  test('a removed model loses its file and its place on the card', async () => {
    await until('the card names it', async () => (await onCard()).includes('Mine'))
    const path = (await listed('Mine'))?.path
    expect(await json('model', 'rm', 'mine')).toEqual({ name: 'mine', path, bytes: tinyGguf().length })
    expect(await listed('Mine')).toBeUndefined()
    await until('the card no longer names it', async () => !(await onCard()).includes('Mine'))
    const gone = await run('model', 'rm', 'mine', '--json')
    expect([gone.code, codeOf(gone)]).toEqual([2, 'RIPPLE_MODEL_UNKNOWN'])
  }, 60_000)
})

test('an artifact that was added comes out byte for byte', async () => {
  const bytes = Buffer.from([0, 1, 2, 0xff, 0xfe])
  await writeFile(join(folder, 'in'), bytes)
  const { cid } = await json<{ cid: string }>('artifact', 'add', join(folder, 'in'))
  await json('artifact', 'get', cid, '--output', join(folder, 'out'))
  expect(await readFile(join(folder, 'out'))).toEqual(bytes)
  const { artifacts } = await json<{ artifacts: Array<{ cid: string }> }>('artifact', 'ls')
  expect(artifacts).toContainEqual(expect.objectContaining({ cid, bytes: 5, name: 'in', kind: 'file' }))
  expect(await json('artifact', 'pin', cid, '--remove')).toEqual({ cid, pinned: false })
  const bad = await run('artifact', 'get', 'no-cid', '--json')
  expect([bad.code, codeOf(bad)]).toEqual([2, 'RIPPLE_CID_INVALID'])
})

test('`down` leaves no process, and `status` then finds no daemon', async () => {
  const { conductor } = await json<{ conductor: { pid: number } }>('status')
  expect(await json('down')).toEqual({ pid: daemon.pid, stopped: true })
  expect([daemon.pid, conductor.pid].filter(runs)).toEqual([])
  const ran = await run('status', '--json')
  expect([ran.code, codeOf(ran)]).toEqual([3, 'RIPPLE_NO_DAEMON'])
}, 60_000)
