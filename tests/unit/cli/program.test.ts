import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { promisify } from 'node:util'
import type { CommanderError } from 'commander'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { type Asked, buildProgram, commandOf, commandsByName, usageError } from '../../../host/cli/program.ts'
import { readInput } from '../../../host/cli/read-input.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'

function parse(...words: string[]): Asked {
  const found: Asked[] = []
  try {
    buildProgram('1.2.3', (asked) => found.push(asked)).parse(words, { from: 'user' })
  } catch (thrown) {
    throw usageError(thrown as CommanderError)
  }
  const [asked] = found
  if (!asked) throw new Error('nothing was asked')
  return asked
}

const stdin = (text: string | Buffer) => Readable.from([Buffer.from(text)])
const never = new AbortController().signal
const input = (words: string[], from: string | Buffer = '') =>
  readInput(parse(...words).typed, stdin(from), never)
const code = (act: () => unknown): Promise<string> =>
  Promise.resolve()
    .then(act)
    .then(
      () => 'none',
      (thrown: unknown) => (thrown instanceof RippleError ? thrown.code : String(thrown)),
    )

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-cli-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the command line', () => {
  it('a command below another command has the options of both', () => {
    const words = ['doctor', 'bundle', 'report.tar.gz', '--json', '--data', '/d']
    expect(parse(...words)).toMatchObject({ name: 'doctor.bundle', json: true, data: '/d' })
    expect(parse('doctor', '--with', 'laptop', '--json')).toMatchObject({ name: 'doctor', json: true })
  })

  it('every verb has a command and examples', () => {
    const commands = [...new Set(commandsByName().values())]
    expect(commands.length).toBeGreaterThan(40)
    for (const { name, command, examples } of commands) {
      expect(examples.length).toBeGreaterThan(0)
      for (const example of examples) expect(example).toContain(`ripple ${command(name)}`)
    }
  })

  it('a list may be given in parts', async () => {
    const words = ['key', 'create', 'editor', '--scope', 'infer,read', '--scope', 'write']
    expect(await input(words)).toMatchObject({ scopes: ['infer', 'read', 'write'] })
  })

  it('a verb is found by all the words of its command', () => {
    expect(parse('moe', 'card', 'verify', 'score.json', '--online').name).toBe('moe.card_verify')
    expect(parse('receipt', 'siblings', '--stdin').name).toBe('receipt.siblings')
  })

  it('a flag can be negated', async () => {
    const query = ['moe', 'query', 'Hi', '--type', 'general']
    const given = { prompt: 'Hi', task_type: 'general' }
    expect(await input(query)).toEqual({ ...given, require_consensus: true })
    expect(await input([...query, '--no-consensus'])).toEqual({ ...given, require_consensus: false })
  })

  it("flags and arguments are read into the verb's fields", async () => {
    const asked = parse(
      'task',
      'post',
      '--prompt',
      'Hi',
      '--max-tokens',
      '7',
      '--timeout',
      '5m',
      '--queue-timeout',
      '90s',
      '--run-timeout',
      '1m',
      '--wait',
      '--json',
      '--data',
      'd',
    )
    expect([asked.name, asked.json, asked.data]).toEqual(['task.post', true, 'd'])
    expect(await readInput(asked.typed, stdin(''), never)).toEqual({
      prompt: 'Hi',
      max_tokens: 7,
      timeout_ms: 300_000,
      queue_timeout_ms: 90_000,
      run_timeout_ms: 60_000,
      wait: true,
    })
    expect(await input(['task', 'show', 'abc'])).toEqual({ id: 'abc' })
    expect(await input(['verify', 'a.receipt'])).toEqual({ file: join(process.cwd(), 'a.receipt') })
  })

  it.each([
    [['task', 'post', '--bogus']],
    [['bogus']],
    [['task', 'bogus']],
    [['task']],
    [[]],
    [['task', 'show']],
    [['task', 'show', 'a', 'b']],
    [['up', '--port']],
  ])('%j is refused as a usage error', async (words) => {
    expect(await code(() => parse(...words))).toBe('RIPPLE_USAGE')
  })

  it.each([
    [['up', '--port', 'x']],
    [['task', 'post', '--timeout', '5']],
    [['task', 'post', '--prompt', 'a', '-']],
    [['task', 'post', 'words']],
  ])('the values of %j are refused', async (words) => {
    expect(await code(() => input(words))).toBe('RIPPLE_USAGE')
  })
})

describe('a prompt', () => {
  it('a prompt comes from standard input or a file', async () => {
    writeFileSync(join(folder, 'q.txt'), 'Grüße')
    expect(await input(['task', 'post', '-'], 'from stdin')).toEqual({ prompt: 'from stdin' })
    expect(await input(['task', 'post', '--file', '-'], 'from stdin')).toEqual({ prompt: 'from stdin' })
    expect(await input(['task', 'post', '--file', join(folder, 'q.txt')])).toEqual({ prompt: 'Grüße' })
  })

  it('a prompt that is not UTF-8 is refused from any source', async () => {
    const bad = Buffer.from([0x61, 0xff, 0x62])
    writeFileSync(join(folder, 'bad.txt'), bad)
    expect(await code(() => input(['task', 'post', '-'], bad))).toBe('RIPPLE_PROMPT_ENCODING')
    expect(await code(() => input(['task', 'post', '--file', join(folder, 'bad.txt')]))).toBe(
      'RIPPLE_PROMPT_ENCODING',
    )
    expect(await input(['task', 'post', '--prompt', 'a\ufffdb'])).toEqual({ prompt: 'a\ufffdb' })
  })

  it('a prompt from a missing file or an endless stream is refused', async () => {
    const refused = (file: string) => expect(input(['task', 'post', '--file', file])).rejects
    await refused(join(folder, 'none')).toMatchObject({
      code: 'RIPPLE_FILE_UNREADABLE',
      facts: { detail: 'there is no such file' },
    })
    await refused(folder).toMatchObject({
      code: 'RIPPLE_FILE_UNREADABLE',
      facts: { detail: 'it is a folder, not a file' },
    })
    expect(await code(() => input(['task', 'post', '--file', '/dev/zero']))).toBe('RIPPLE_BODY_TOO_LARGE')
  })

  it('a prompt comes from a FIFO once somebody writes to it', async () => {
    const file = join(folder, 'written')
    execFileSync('mkfifo', [file])
    const read = input(['task', 'post', '--file', file])
    await promisify(execFile)('/bin/sh', ['-c', `echo hello >'${file}'`])
    expect(await read).toEqual({ prompt: 'hello\n' })
  })

  it('Ctrl-C ends the wait for a prompt', async () => {
    const file = join(folder, 'silent')
    execFileSync('mkfifo', [file])
    for (const words of [['-'], ['--file', file]]) {
      const stop = new AbortController()
      const reason = new RippleError('RIPPLE_INTERRUPTED')
      const reading = readInput(parse('task', 'post', ...words).typed, new PassThrough(), stop.signal)
      setTimeout(() => stop.abort(reason), 20)
      await expect(reading).rejects.toBe(reason)
    }
  })
})

describe('the command of some words', () => {
  test.each([
    [['task', 'show'], 'ripple task show'],
    [['task', 'frob'], 'ripple task'],
    [['frob'], 'ripple'],
    [['--json', 'moe', 'card', 'verify', '--online'], 'ripple moe card verify'],
    [['ask', 'task'], 'ripple ask'],
    [[], 'ripple'],
  ])('the command of %j is found', (words, command) => expect(commandOf(words)).toBe(command))
})

test('an option with a short form is read by both forms', async () => {
  expect([await input(['logs', '-f']), await input(['logs', '--follow'])]).toEqual([
    { follow: true },
    { follow: true },
  ])
})

test('each command of the first level says what it is for', () => {
  const { commands } = buildProgram('1.2.3', () => {})
  const silent = commands.filter((one) => ['', one.name()].includes(one.description()))
  expect(silent.map((one) => one.name())).toEqual([])
})
