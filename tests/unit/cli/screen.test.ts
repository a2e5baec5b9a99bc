/** Tests the output of the command line on screens of several widths, and for other programs. */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { presenterOf } from '../../../host/cli/present/index.ts'
import { printer } from '../../../host/cli/print.ts'
import { buildProgram } from '../../../host/cli/program.ts'
import { readEnv } from '../../../host/config/env.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { commandName } from '../../../host/operations/command-name.ts'
import { statusView } from '../api/status-view.ts'
import { taskView } from '../api/task-view.ts'

const NOW = Date.parse('2026-11-25T12:00:00Z')
/** A hash as agents and tasks have them. */
const hash = (letter: string): string => `uhCAk${letter.repeat(48)}`

interface Seen {
  readonly out: string
  readonly err: string
}

/** All that was written to a stream. */
function said(stream: PassThrough): string {
  const parts: string[] = []
  for (let part = stream.read(); part !== null; part = stream.read()) parts.push(String(part))
  return parts.join('')
}

/** Finds the characters of a text other than printable ASCII, marks of a cut and line breaks. */
function odd(text: string): string {
  return text.replaceAll(/[ -~…\n]/g, '')
}

/** Prints the answer of a verb on a terminal of this width, or to a program. */
function show(name: string, answer: unknown, columns: number | null): Seen {
  const tty = columns !== null
  const out = Object.assign(new PassThrough(), { isTTY: tty, ...(columns === null ? {} : { columns }) })
  const err = Object.assign(new PassThrough(), { isTTY: tty, ...(columns === null ? {} : { columns }) })
  const print = printer({ out, err, colour: 'never' })
  print.answer(presenterOf(name).render(answer, { ...print.screen, now: print.screen.now && NOW }))
  return { out: said(out), err: said(err) }
}

const peer = (name: string, letter: string) => ({
  agent: hash(letter),
  name,
  self: letter === 'A',
  state: 'online',
  cpu_cores: 16,
  ram_gb: 64,
  gpu: 'NVIDIA GeForce RTX 4090 Founders Edition',
  models: ['SmolLM2-135M-Instruct', 'Qwen3-8B-Instruct-Q4_K_M'],
  held_grants: 1,
  seen_ms_ago: 12_345,
  waiting: null,
  seen_by: 'stream',
  connected: true,
  version: '0.1.0',
})
const peers = {
  peers: [peer('台式机 desktop', 'A'), peer('a laptop with a rather long name', 'B')],
  join: null,
}

const task = {
  ...taskView('3f1c9a2e-0000-4000-8000-000000000000', 'accepted'),
  prompt: 'Why is the sky blue,\nand why are sunsets red? Please explain it to a child of seven years.',
  model: { name: 'SmolLM2-135M-Instruct', sha256: 'ab'.repeat(32) },
  worker: hash('W'),
  usage: { tokens_in: 12, tokens_out: 34, cpu_ms: 1, wall_ms: 1, peak_rss_bytes: 1 },
  times: {
    posted_at: NOW - 300_000,
    granted_at: NOW - 299_000,
    started_at: NOW - 298_000,
    result_at: NOW - 297_500,
    closed_at: NOW - 297_000,
  },
}
const tasks = { tasks: [task, { ...task, state: 'failed', prompt: null, usage: null }] }

const epochs = {
  epochs: [
    {
      epoch: 20_782,
      state: 'now',
      begins_at: NOW,
      ends_at: NOW + 86_400_000,
      dna: null,
      room: { actions: 12, reserved: 3, max: 3_000, posts: 1, runs: 1, tight: false },
      open: 2,
      archive: '/home/somebody/.local/share/ripple/archive/20782.car',
    },
  ],
}
const models = {
  models: [
    {
      name: 'Qwen3-8B-Instruct-2507-Q4_K_M-with-a-long-name',
      sha256: 'cd'.repeat(32),
      bytes: 5_000_000_000,
      licence: 'Apache-2.0',
      context_tokens: 40_960,
      present: true,
      path: '/m.gguf',
    },
  ],
}
const artifacts = { artifacts: [{ cid: `bafkrei${'a'.repeat(52)}`, bytes: 1_500_000 }] }
const routes = {
  routes: [
    {
      task_type: 'reasoning',
      form: 'chat',
      to: 'single',
      why: 'no score card says that the ensemble is better at it',
    },
  ],
}
const checks = {
  checks: [
    {
      name: 'kitsune2-bootstrap-srv',
      level: 'ok',
      detail: '0.5.3 at /usr/local/bin/kitsune2-bootstrap-srv',
      fix: null,
    },
    { name: 'disk', level: 'warn', detail: '12 MiB free', fix: 'make at least 1.0 GiB free' },
  ],
}
const upstream = {
  models: [
    {
      name: 'acme/some-very-large-model',
      provider: 'acme',
      model: 'm',
      kind: 'openai',
      state: 'no_key',
      data_classes: ['public', 'internal'],
      weight: 1,
      priority: 0,
    },
  ],
  budget: {
    day: '2026-11-25',
    tokens_left: 1,
    requests_left: 1,
    limits: { tokens_per_day: 1, requests_per_day: 1 },
  },
}
const secrets = { secrets: [{ name: 'acme', from: 'a file of the data folder' }] }

const lists: Array<[string, unknown]> = [
  ['peers', peers],
  ['task.list', tasks],
  ['epoch.ls', epochs],
  ['model.ls', models],
  ['artifact.ls', artifacts],
  ['moe.routes', routes],
  ['doctor', checks],
  ['upstream.ls', upstream],
  ['secret.ls', secrets],
]

describe('lists on a screen', () => {
  describe.each([24, 40, 80, 200])('a screen of %d columns', (columns) => {
    test.each(lists)('%s keeps each row within the width', (name, answer) => {
      const rows = show(name, answer, columns).out.split('\n')
      expect(rows.filter((row) => stringWidth(row) > columns)).toEqual([])
      expect(rows.length).toBeGreaterThan(1)
    })
  })

  test('`peers` keeps name, state and last-seen time at 40 columns, without hardware', () => {
    expect(show('peers', peers, 40).out.split('\n')).toEqual([
      'AGENT         NAME      STATE   SEEN',
      'uhCAkAAAAAA…  台式机 …  online  12 s ago',
      'uhCAkBBBBBB…  a lapto…  online  12 s ago',
      '',
    ])
  })

  test('`peers` shows memory in GiB', () => {
    expect(show('peers', peers, 200).out).toContain('64 GiB')
  })

  test('`task list` shows prompt, tokens and time at 80 columns, with usable ids', () => {
    expect(show('task.list', tasks, 80).out.split('\n').slice(0, 2)).toEqual([
      'ID         STATE     PROMPT                             TOKENS  TOOK   POSTED',
      '3f1c9a2e…  accepted  Why is the sky blue, and why are…  34      2.5 s  5 min ago',
    ])
  })

  test('`task list` keeps prompt and state at 40 columns', () => {
    expect(show('task.list', tasks, 40).out.split('\n')[1]).toMatch(
      /^3f1c9a2e… {2}accepted {2}Why is the s?.*…$/,
    )
  })

  test('`task list` and `task show` say why a task with a too long prompt was withdrawn', () => {
    const ended = { why: 'failed', code: 'context_too_long', since: null }
    const attempt = {
      attempt: 1,
      worker: hash('W'),
      grant: 'g',
      reason: '',
      result: null,
      verdict: null,
      ended,
    }
    const withdrawn = {
      ...task,
      state: 'cancelled',
      ended: { why: 'cancelled', ms: null, task: null },
      attempts: [attempt],
      usage: null,
    }
    const rows = show('task.list', { tasks: [task, withdrawn] }, 80).out.split('\n')
    expect(rows[0]).toMatch(/^ID +STATE +PROMPT +WHY/)
    expect(rows[2]).toContain('context_too_long')
    expect(show('task.list', tasks, 80).out).not.toContain('WHY')
    expect(show('task.show', withdrawn, 80).out).toContain(
      'its poster withdrew it after a run failed: context_too_long',
    )
  })

  test('a list for a program is not cut and has exact times', () => {
    const { out } = show('task.list', tasks, null)
    expect(out).toContain('3f1c9a2e-0000-4000-8000-000000000000')
    expect(out).toContain('2026-11-25T11:55:00Z')
    expect(show('peers', peers, null).out).toContain('NVIDIA GeForce RTX 4090 Founders Edition')
  })
})

test('`status` keeps a number and its unit on one line at any width', () => {
  const status = { ...statusView(), version: '0.1.0', pid: 12_345, uptime_ms: 21_000 }
  for (let columns = 30; columns < 60; columns++)
    expect(show('status', status, columns).out).not.toMatch(/\d\n +s\b/)
})

describe('a receipt', () => {
  test('a receipt by one key alone says so once', () => {
    const same = 'poster and worker are the same key'
    const verdict = {
      verified: true,
      file: '/a.receipt',
      task: 't',
      network: 'n',
      poster: hash('P'),
      worker: hash('P'),
      prompt: null,
      output: null,
      self_made: true,
      one_sided: false,
      shown: ['somebody asked', same],
      not_shown: [],
      replay: null,
      online: null,
    }
    expect(show('verify', verdict, null).out.split(same)).toHaveLength(2)
  })
})

describe('an empty list', () => {
  test.each([
    ['task.list', { tasks: [] }, 'task post'],
    ['artifact.ls', { artifacts: [] }, 'artifact add'],
    ['secret.ls', { secrets: [] }, 'secret set'],
    ['upstream.ls', { ...upstream, models: [] }, 'upstream'],
    ['tool.ls', { servers: [] }, 'docs/tools.md'],
    ['resource.ls', { resources: [], allocations: [] }, 'half a minute'],
  ])('an empty %s says how to fill it', (name, answer, words) => {
    const { out, err } = show(name, answer, 80)
    expect(out).toBe('')
    expect(err).toMatch(/^none yet; /)
    expect(err).toContain(words)
  })
})

describe('text by a peer', () => {
  const forged = peer('bob\nuhCAkZZZ  carol  online\u001b[2J\u202e', 'B')

  test.each([80, null])("a peer's text stays in its own row of `peers` (%s columns)", (columns) => {
    const rows = show('peers', { ...peers, peers: [peers.peers[0], forged] }, columns)
      .out.trimEnd()
      .split('\n')
    expect(rows).toHaveLength(3)
    expect(rows[2]).toContain('bob\\u{a}')
    expect(odd(rows[2] ?? '')).toBe('')
  })

  test("a peer's text is escaped in JSON, which keeps its value", () => {
    const out = new PassThrough()
    const value = { name: 'bob\nx\u001b[2J\u009b\u202e\u{e0041}\u007f' }
    printer({ out, err: new PassThrough(), colour: 'never' }).json(value)
    const text = said(out)
    expect(text.trimEnd()).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(text)).toEqual(value)
  })

  test("a peer's text is escaped in errors, on one line", () => {
    const err = new PassThrough()
    const error = new RippleError('RIPPLE_PEER_UNKNOWN', {
      peer: 'bob\nhint: run it\u001b[2J\u202e',
      name: 'x',
    })
    printer({ out: new PassThrough(), err, colour: 'never' }).error(error, false)
    const text = said(err)
    expect(text.trimEnd().split('\n')).toHaveLength(2)
    expect(odd(text)).toBe('')
  })
})

describe('an answer in pieces', () => {
  function terminal(tty: boolean) {
    const out = Object.assign(new PassThrough(), { isTTY: tty, columns: 80 })
    const err = Object.assign(new PassThrough(), { isTTY: tty, columns: 80 })
    const print = printer({ out, err, colour: 'never' })
    return { print, out: () => said(out), err: () => said(err) }
  }

  test.each([
    ['whole', ['Blue ', 'scatters.']],
    ['in part', ['Blue ']],
    ['not at all', []],
  ])('an answer is on the terminal once if its pieces came %s', (_how, pieces) => {
    const { print, out, err } = terminal(true)
    print.note('running')
    for (const piece of pieces) print.piece(piece)
    print.answer({ lines: ['Blue scatters.'], notes: ['done'] })
    expect([out(), err()]).toEqual(['Blue scatters.\n', 'running\ndone\n'])
  })

  test('an answer is printed whole after pieces of a lost attempt', () => {
    const { print, out } = terminal(true)
    print.piece('Red ')
    print.answer({ lines: ['Blue scatters.'] })
    expect(out()).toBe('Red \nBlue scatters.\n')
  })

  test('an answer for a program goes to standard output once', () => {
    const { print, out, err } = terminal(false)
    print.piece('Blue ')
    print.answer({ lines: ['Blue scatters.'] })
    expect([out(), err()]).toEqual(['Blue scatters.\n', ''])
  })
})

test.each([
  ['40', 40],
  ['0', null],
  ['wide', null],
  ['', null],
  [undefined, null],
])('COLUMNS=%s asks for a width of %s', (text, columns) => {
  expect(readEnv({ HOME: '/h', COLUMNS: text }).columns).toBe(columns)
})

test('COLUMNS counts for a program too', () => {
  const print = printer({ out: new PassThrough(), err: new PassThrough(), colour: 'never', columns: 40 })
  expect(print.screen.width).toBe(40)
})

describe('a hint', () => {
  const project = resolve(import.meta.dirname, '../../..')

  test('a hint names `ripple` if the search path leads here by that name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ripple-path-'))
    try {
      symlinkSync(join(project, 'host/cli/ripple.mjs'), join(folder, 'ripple'))
      expect(commandName(`/nowhere:${folder}`, '/')).toBe('ripple')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test("a hint names npx, with the project's folder if called elsewhere", () => {
    expect(commandName('/nowhere', join(project, 'docs'))).toBe('npx ripple')
    expect(commandName('/nowhere', '/')).toBe(`npx --prefix ${project} ripple`)
  })

  test('a hint is printed with the command that runs here', () => {
    const [out, err] = [new PassThrough(), new PassThrough()]
    const print = printer({ out, err, colour: 'never', command: () => 'npx ripple' })
    const error = new RippleError('RIPPLE_NO_DAEMON', { data: '/d' })
    print.error(error, false)
    print.error(error, true)
    print.answer({ lines: ["said: 'ripple up'"], notes: ["stop it with 'ripple down'"] })
    expect(said(err)).toContain("start it with 'npx ripple up'")
    const [json = '', line] = said(out).split('\n')
    expect(JSON.parse(json).error.hint).toContain("'npx ripple up'")
    // The data stays as it is.
    expect(line).toBe("said: 'ripple up'")
  })

  test('the help shows command lines that run here', () => {
    const lines: string[] = []
    const program = buildProgram('1.2.3', () => {}, 'npx ripple')
    for (const command of program.commands)
      command.configureOutput({ writeOut: (text) => void lines.push(text) })
    expect(() => program.parse(['verify', '--help'], { from: 'user' })).toThrow()
    expect(lines.join('')).toContain('Usage: npx ripple verify')
    expect(lines.join('')).toContain('\n  npx ripple verify answer.receipt')
  })
})
