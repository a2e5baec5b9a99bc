import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { type ChildSpec, startChild } from '../../../host/processes/child.ts'
import { guardedCommand } from '../../../host/processes/guard.ts'
import { stopLeftOver } from '../../../host/processes/left-over.ts'
import { type ChildEvent, supervise } from '../../../host/processes/supervisor.ts'
import { LogFile } from '../../../host/telemetry/log-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-child-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const never = new AbortController().signal

/** A shell program that says `ready <its pid>` and then does what it is told. */
function spec(text: string, more: Partial<ChildSpec<string>> = {}): ChildSpec<string> {
  return {
    program: '/bin/sh',
    args: ['-c', text],
    env: {},
    stdin: null,
    log: new LogFile(join(folder, 'child.log'), 1_000),
    pidFile: join(folder, 'child.pid'),
    readiness: () => (line) => (line.startsWith('ready') ? line : null),
    readyMs: 5_000,
    stopSignal: 'SIGINT',
    stopMs: 500,
    startFailed: (detail) => new RippleError('RIPPLE_CONDUCTOR_START', { detail }),
    ...more,
  }
}

/** A loop that ends on SIGINT by itself, politely. */
const polite = 'trap "echo bye; exit 0" INT; echo ready; while :; do sleep 0.05; done'

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('startChild', () => {
  test('no program leaves a core dump, although its daemon may', async () => {
    const guarded = {
      program: '/bin/sh',
      args: ['-c', 'ulimit -c'],
      env: {},
      stopSignal: 'SIGINT',
      stopMs: 500,
    } as const
    const { file, args } = guardedCommand(guarded)
    const may = ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', file, ...args]
    const child = spawn('/bin/sh', may, { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] })
    const { stdout } = child
    expect(stdout && (await text(stdout))).toBe('0\n')
    for (const stream of child.stdio) stream?.destroy()
  })

  test("a child's start waits for readiness, notes the pid and stops it politely", async () => {
    const child = await startChild(spec(polite), never)
    expect(child.ready).toBe('ready')
    expect(readFileSync(join(folder, 'child.pid'), 'utf8').trim()).toBe(String(child.pid))
    await child.stop()
    expect(await child.exited).toMatchObject({ code: 0, signal: null })
    expect(readFileSync(join(folder, 'child.log'), 'utf8')).toBe('ready\nbye\n')
    expect(existsSync(join(folder, 'child.pid'))).toBe(false)
  })

  test('a child gets its standard input, which is then closed', async () => {
    const child = await startChild(
      spec('read -r word; echo "ready $word"; exec sleep 60', { stdin: 'secret\n' }),
      never,
    )
    expect(child.ready).toBe('ready secret')
    await child.stop()
  })

  test('a child gets variables on top of the inherited ones', async () => {
    const child = await startChild(
      spec('echo "ready $GREETING"; exec sleep 60', { env: { GREETING: 'hello there' } }),
      never,
    )
    expect(child.ready).toBe('ready hello there')
    await child.stop()
  })

  test('a child that ignores its signal is killed with its descendants', async () => {
    const child = await startChild(spec('trap "" INT; sleep 61 & echo "ready $!"; wait; sleep 61'), never)
    const descendant = Number(child.ready.split(' ')[1])
    expect(alive(descendant)).toBe(true)
    await child.stop()
    expect(await child.exited).toMatchObject({ signal: 'SIGKILL' })
    await vi.waitFor(() => expect(alive(descendant)).toBe(false))
  })

  test("a dead child's descendants are ended", async () => {
    const child = await startChild(spec('sleep 61 & echo "ready $!"; exit 3'), never)
    const descendant = Number(child.ready.split(' ')[1])
    expect(await child.exited).toMatchObject({ code: 3 })
    await vi.waitFor(() => expect(alive(descendant)).toBe(false))
  })

  test.each([
    ['it ends', 'echo no such key >&2; exit 7', 10_000, /exit 7[\s\S]*no such key/],
    ['it stays silent', 'exec sleep 60', 200, /not within 200 ms/],
  ])('a start rejects if %s', async (_name, text, readyMs, detail) => {
    await expect(startChild(spec(text, { readyMs }), never)).rejects.toMatchObject({
      code: 'RIPPLE_CONDUCTOR_START',
      message: expect.stringMatching(detail),
    })
    expect(existsSync(join(folder, 'child.pid'))).toBe(false)
  })

  test('a start rejects if the program does not exist', async () => {
    await expect(startChild(spec('', { program: '/no/such/program' }), never)).rejects.toMatchObject({
      code: 'RIPPLE_CONDUCTOR_START',
      message: expect.stringContaining('127'),
    })
  })

  test('a start rejects if its pid cannot be noted, and leaves nothing', async () => {
    writeFileSync(join(folder, 'no-folder'), '')
    const pidFile = join(folder, 'no-folder', 'child.pid')
    const text = `echo $$ >${join(folder, 'seen')}; ${polite}`
    await expect(startChild(spec(text, { pidFile }), never)).rejects.toMatchObject({ code: 'EEXIST' })
    await sleep(100)
    const seen = existsSync(join(folder, 'seen')) ? readFileSync(join(folder, 'seen'), 'utf8') : '0'
    expect(Number(seen) > 0 && alive(Number(seen))).toBe(false)
  })

  test('a start is interrupted by its signal and leaves nothing', async () => {
    const abort = new AbortController()
    const starting = startChild(spec('exec sleep 60'), abort.signal)
    setTimeout(() => abort.abort(), 50)
    await expect(starting).rejects.toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
    expect(existsSync(join(folder, 'child.pid'))).toBe(false)
  })
})

test('a child does not outlive a daemon that is killed', async () => {
  const owner = new URL('./owner.fixture.ts', import.meta.url).pathname
  const daemon = spawn(process.execPath, ['--import', 'tsx', owner, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = await new Promise<number>((resolve) => {
    daemon.stdout.once('data', (data: Buffer) => resolve(Number(data.toString())))
  })
  expect(alive(pid)).toBe(true)
  daemon.kill('SIGKILL')
  await vi.waitFor(() => expect(alive(pid)).toBe(false), 5_000)
}, 20_000)

describe('stopLeftOver', () => {
  test('a start stops what an earlier daemon left', async () => {
    const child = await startChild(spec(`: ${folder}; ${polite}`), never)
    const pid = await stopLeftOver(join(folder, 'child.pid'), folder, { signal: 'SIGINT', ms: 2_000 })
    expect(pid).toBe(child.pid)
    expect(await child.exited).toMatchObject({ code: 0 })
  })

  test('a start leaves another program with the noted pid alone', async () => {
    const child = await startChild(spec(polite), never)
    expect(
      await stopLeftOver(join(folder, 'child.pid'), '/another/folder', { signal: 'SIGINT', ms: 100 }),
    ).toBeNull()
    expect(alive(child.pid)).toBe(true)
    await child.stop()
  })

  test('a start without a pid file stops nothing', async () => {
    expect(await stopLeftOver(join(folder, 'none.pid'), folder, { signal: 'SIGINT', ms: 100 })).toBeNull()
  })
})

describe('supervise', () => {
  const supervision = { child: 'conductor', listens: String, backoffMs: { min: 20, max: 80 } } as const

  test("a dead child is restarted, with the last run's message handed over", async () => {
    const events: ChildEvent[] = []
    const seen: Array<string | null> = []
    const next = async (previous: string | null) => {
      seen.push(previous)
      return spec(`echo "ready ${seen.length}"; exec sleep 60`)
    }
    await using running = await supervise(
      { spec: next, onEvent: (event) => events.push(event), ...supervision },
      never,
    )
    process.kill(running.current()?.pid ?? 0, 'SIGKILL')
    await vi.waitFor(() => expect(running.current()?.ready).toBe('ready 2'), 3_000)
    expect(seen).toEqual([null, 'ready 1'])
    expect(events.map((event) => event.type)).toEqual(['process_ready', 'process_crashed', 'process_ready'])
  })

  test('the pause grows after each failed start', async () => {
    const pauses: number[] = []
    let starts = 0
    const next = async () => spec(++starts === 1 ? 'echo ready; exit 1' : 'exit 1')
    const onEvent = (event: ChildEvent) => {
      if (event.type === 'process_crashed') pauses.push(event.again_in_ms)
    }
    const running = await supervise({ spec: next, onEvent, ...supervision }, never)
    await vi.waitFor(() => expect(pauses.length).toBeGreaterThanOrEqual(5), 5_000)
    await running[Symbol.asyncDispose]()
    expect(pauses.slice(0, 5)).toEqual([20, 40, 80, 80, 80])
  })

  test("the first start's error is thrown", async () => {
    const failing = supervise({ spec: async () => spec('exit 1'), onEvent: () => {}, ...supervision }, never)
    await expect(failing).rejects.toMatchObject({ code: 'RIPPLE_CONDUCTOR_START' })
  })

  test('supervision ends while the child is down', async () => {
    let starts = 0
    const next = async () => spec(++starts === 1 ? 'echo ready; exit 1' : 'exec sleep 60')
    const running = await supervise({ spec: next, onEvent: () => {}, ...supervision }, never)
    await sleep(100)
    await running[Symbol.asyncDispose]()
    expect(running.current()).toBeNull()
    expect(existsSync(join(folder, 'child.pid'))).toBe(false)
  })
})

test('a log rotates at its bound and keeps one older part', () => {
  const path = join(folder, 'turning.log')
  const log = new LogFile(path, 10)
  for (const text of ['aaaa\n', 'bbbb\n', 'cccc\n']) log.write(text)
  log.close()
  expect(readFileSync(`${path}.1`, 'utf8')).toBe('aaaa\nbbbb\n')
  expect(readFileSync(path, 'utf8')).toBe('cccc\n')
})
