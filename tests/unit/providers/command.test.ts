import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { directHosts } from '../../../host/config/proxies.ts'
import { Secret } from '../../../host/config/secrets.ts'
import { type CommandConfig, upstreamSection } from '../../../host/config/upstream.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { isAlive } from '../../../host/processes/is-alive.ts'
import { commandProvider } from '../../../host/providers/command.ts'
import type { ProviderRequest } from '../../../host/providers/port.ts'
import type { ChatMessage } from '../../../host/types/inference.ts'
import { request } from './requests.ts'

const KEY = 'k-1234567890-not-real'
const never = new AbortController().signal
const path = process.env.PATH ?? ''
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-command-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function configOf(command: string[], changes: object = {}): CommandConfig {
  const given = { name: 'agent', kind: 'command', command, models: ['small'], ...changes }
  const [config] = upstreamSection.parse({ providers: [given] }).providers
  if (config?.kind !== 'command') throw new TypeError('not a program')
  return config
}

interface Asking {
  readonly request?: Partial<ProviderRequest>
  readonly config?: object
  readonly key?: Secret | null
  readonly signal?: AbortSignal
  readonly onText?: (text: string) => void
}

function ask(command: string[], { key = null, ...asking }: Asking = {}) {
  const upstream = commandProvider(configOf(command, asking.config), {
    key: async () => key,
    path,
    home: folder,
  })
  return upstream.ask(
    request({ max_tokens: 4_096, ...asking.request }),
    asking.onText ?? (() => {}),
    asking.signal ?? never,
  )
}

const script = (code: string) => [process.execPath, '-e', code]
const text = (words: string) => ({ input: { type: 'text', text: words, template: 'auto' } as const })

async function refusal(command: string[], asking: Asking = {}): Promise<RippleError> {
  const thrown = await ask(command, asking).then(
    () => null,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(RippleError)
  return thrown as RippleError
}

/** Resolves when no such process is there any more. */
async function gone(pid: number): Promise<void> {
  const deadline = performance.now() + 10_000
  while (isAlive(pid)) {
    expect(performance.now(), `process ${pid} is still there`).toBeLessThan(deadline)
    await sleep(20)
  }
}

describe('a provider that is a program', () => {
  it('a program reads the prompt, and its answer streams as it is printed', async () => {
    const pieces: string[] = []
    const code = `process.stdin.once('data', (prompt) => {
      process.stdout.write('You said: ')
      setTimeout(() => process.stdout.write(prompt.toString().toUpperCase()), 150)
    })`
    const answer = await ask(script(code), {
      request: text('Žluťoučký'),
      onText: (piece) => pieces.push(piece),
    })
    expect(answer).toEqual({
      text: 'You said: ŽLUŤOUČKÝ',
      finish: 'stop',
      tool_calls: [],
      bytes_beside: 0,
      usage: null,
    })
    expect(pieces).toEqual(['You said: ', 'ŽLUŤOUČKÝ'])
  })

  it("a program's words are not interpreted by a shell", async () => {
    const words = ['$HOME', '; echo gone', '`id`', 'a \'b\' "c"', '*', '']
    const answer = await ask([...script('console.log(JSON.stringify(process.argv.slice(1)))'), ...words])
    expect(JSON.parse(answer.text)).toEqual(words)
  })

  it('a program gets few variables, its key and a temporary empty folder', async () => {
    const code = `console.log(JSON.stringify([process.env, process.cwd(), require('fs').readdirSync('.'), process.argv]))
      require('fs').writeFileSync('left', 'behind')`
    const config = { key: 'agent', key_variable: 'AGENT_KEY' }
    const answer = await ask(script(code), { config, key: new Secret(KEY) })
    const [env, cwd, files, argv] = JSON.parse(answer.text)
    expect(env).toEqual({
      PATH: path,
      HOME: folder,
      TMPDIR: cwd,
      LANG: 'C.UTF-8',
      TERM: 'dumb',
      NO_COLOR: '1',
      ...directHosts({}),
      AGENT_KEY: KEY,
      // The shell that starts it sets this one.
      PWD: cwd,
      ...('_' in env ? { _: env._ } : {}),
    })
    expect(files).toEqual([])
    expect(existsSync(cwd)).toBe(false)
    expect(JSON.stringify(argv)).not.toContain(KEY)
  })

  it("a program's key appears in no command line", async () => {
    const code = `const fs = require('fs')
      const lines = fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map((pid) => {
        try { return fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8') } catch { return '' }
      })
      console.log(lines.some((line) => line.includes(process.env.AGENT_KEY)) ? 'seen' : 'hidden')`
    const config = { key: 'agent', key_variable: 'AGENT_KEY' }
    const answer = await ask(script(code), { config, key: new Secret(KEY) })
    expect(answer.text).toBe('hidden\n')
  })

  it('a program gets a chat with headings and a single turn as it is', async () => {
    const turn = (role: ChatMessage['role'], content: string): ChatMessage => ({
      role,
      content,
      tool_calls: [],
      tool_call_id: null,
    })
    const chat = (...messages: ChatMessage[]): Partial<ProviderRequest> => ({
      input: { type: 'chat', messages, tools: [], tool_choice: 'none' },
    })
    const echo = ['cat']
    expect((await ask(echo, { request: chat(turn('user', 'Hi')) })).text).toBe('Hi')
    const longer = chat(turn('system', 'Be brief.'), turn('user', 'Hi'))
    expect((await ask(echo, { request: longer })).text).toBe('## system\nBe brief.\n\n## user\nHi')
  })

  it('a program need not read its prompt', async () => {
    const answer = await ask(script('console.log("ok")'), { request: text('x'.repeat(1_000_000)) })
    expect(answer.text).toBe('ok\n')
  })

  test.each<[string, Partial<ProviderRequest>]>([
    [
      'tools',
      {
        input: {
          type: 'chat',
          messages: [],
          tools: [{ name: 'f', description: '', parameters: {} }],
          tool_choice: 'auto',
        },
      },
    ],
    ['a form', { format: { type: 'json' } }],
    ['words that end an answer', { stop: ['END'] }],
    ['texts to embed', { input: { type: 'embed', texts: ['a'] } }],
  ])('a program cannot be asked for %s', async (_what, changes) => {
    expect((await refusal(['cat'], { request: changes })).code).toBe('RIPPLE_UPSTREAM_UNABLE')
  })
})

describe('a program as a provider', () => {
  test.each([
    ['fails', script('console.error("no quota"); process.exit(3)'), 'it ended with code 3: no quota'],
    ['kills itself', script('process.kill(process.pid, "SIGKILL")'), 'it ended with SIGKILL'],
    ['prints nothing', script(''), 'it printed nothing'],
    ['prints blanks', script('console.log()'), 'it printed nothing'],
    ['is not there', ['no-such-program-of-ripple'], 'it ended with code 127'],
    ['prints no UTF-8', script('process.stdout.write(Buffer.from([0x61, 0xff]))'), 'not UTF-8'],
    ['ends in half a character', script('process.stdout.write(Buffer.from([0x61, 0xc5]))'), 'not UTF-8'],
    [
      'prints an answer and then fails',
      script('console.log("ok"); process.exitCode = 1'),
      'it ended with code 1',
    ],
  ])('a program that %s fails with the reason', async (_what, command, words) => {
    const error = await refusal(command)
    expect(error.code).toBe('RIPPLE_UPSTREAM_FAILED')
    expect(error.message).toContain(words)
  })

  it('a program that prints its key has it masked', async () => {
    const config = { key: 'agent', key_variable: 'AGENT_KEY' }
    const command = script('console.error("bad key " + process.env.AGENT_KEY); process.exit(1)')
    expect((await refusal(command, { config, key: new Secret(KEY) })).message).toContain(
      'bad key [own secret]',
    )
  })

  it('a program with an endless answer is cut off at the bound and ended', async () => {
    const command = script(
      'console.error(process.pid); setInterval(() => process.stdout.write("ž".repeat(9)), 1)',
    )
    const answer = await ask(command, { request: { max_tokens: 5 } })
    // 20 bytes, of which the last character had its first half.
    expect(answer).toMatchObject({ text: 'ž'.repeat(10), finish: 'length' })
  })

  it('a program that takes too long is stopped with its children', async () => {
    const pids = join(folder, 'pids')
    const code = `const child = require('child_process').spawn('sleep', ['600'])
      require('fs').writeFileSync(${JSON.stringify(pids)}, process.pid + ' ' + child.pid)
      process.on('SIGTERM', () => {})
      setInterval(() => {}, 1000)`
    const error = await refusal(script(code), { config: { timeout_ms: 1_000 } })
    expect([error.code, error.message]).toEqual([
      'RIPPLE_TIMEOUT',
      'the answer of agent took longer than 1000 ms',
    ])
    for (const pid of readFileSync(pids, 'utf8').split(' ')) await gone(Number(pid))
  })

  it("a program's remaining child is ended with it", async () => {
    const answer = await ask(['sh', '-c', 'sleep 600 & echo $!'])
    await gone(Number(answer.text))
  })

  it("a program's answer counts though another group holds its output", async () => {
    const begun = performance.now()
    const answer = await ask(['sh', '-c', 'setsid sleep 20 & echo $!'], { config: { timeout_ms: 15_000 } })
    expect(answer).toMatchObject({ text: expect.stringMatching(/^\d+\n$/), finish: 'stop' })
    expect(performance.now() - begun).toBeLessThan(10_000)
    if (isAlive(Number(answer.text))) process.kill(Number(answer.text), 'SIGKILL')
    const error = await refusal(['sh', '-c', 'setsid sleep 20 & echo $! >&2; exit 3'])
    expect(error.message).toMatch(/it ended with code 3: \d+/)
    process.kill(Number(/\d+$/.exec(error.message)?.[0]), 'SIGKILL')
  })

  it('an unwanted program is stopped though another group holds its output', async () => {
    const caller = new AbortController()
    const told: string[] = []
    const onText = (piece: string): void => {
      told.push(piece)
      caller.abort(new RippleError('RIPPLE_INTERRUPTED'))
    }
    const begun = performance.now()
    const error = await refusal(['sh', '-c', 'setsid sleep 20 & echo $!'], { signal: caller.signal, onText })
    expect(error.code).toBe('RIPPLE_INTERRUPTED')
    expect(performance.now() - begun).toBeLessThan(10_000)
    if (isAlive(Number(told[0]))) process.kill(Number(told[0]), 'SIGKILL')
  })

  it('a program is not started for a caller who has left', async () => {
    const mark = join(folder, 'started')
    const signal = AbortSignal.abort(new RippleError('RIPPLE_INTERRUPTED'))
    await refusal(['touch', mark], { signal })
    expect(existsSync(mark)).toBe(false)
  })
})

test('a program does not outlive the daemon, however that ends', async () => {
  const pidFile = join(folder, 'pid')
  const daemon = join(folder, 'daemon.ts')
  const source = new URL('../../../host/providers/command.ts', import.meta.url).pathname
  const config = configOf(['sh', '-c', `echo $$ > ${pidFile}; echo begun; exec sleep 600`])
  writeFileSync(
    daemon,
    `import { commandProvider } from ${JSON.stringify(source)}
     const config = ${JSON.stringify(config)}
     const needs = { key: async () => null, path: process.env.PATH, home: '/' }
     const asked = ${JSON.stringify(request())}
     await commandProvider(config, needs).ask(asked, (text) => console.log(text), new AbortController().signal)`,
  )
  const env = { ...process.env, TMPDIR: folder }
  const child = spawn(process.execPath, ['--no-warnings', daemon], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  })
  const lines = createInterface({ input: child.stdout })
  await once(lines, 'line')
  const pid = Number(readFileSync(pidFile, 'utf8'))
  expect(isAlive(pid)).toBe(true)
  child.kill('SIGKILL')
  await gone(pid)
})
