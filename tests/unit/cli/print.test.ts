import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { printer } from '../../../host/cli/print.ts'
import { showWaiting } from '../../../host/cli/show-waiting.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { sanitise } from '../../../host/types/text/plain-text.ts'

function terminal(tty: boolean, colour: 'always' | 'never' | 'auto' = 'auto') {
  const out = Object.assign(new PassThrough(), { isTTY: tty })
  const err = Object.assign(new PassThrough(), { isTTY: tty })
  const said = (stream: PassThrough): string => {
    const parts: string[] = []
    for (let part = stream.read(); part !== null; part = stream.read()) parts.push(String(part))
    return parts.join('')
  }
  return { print: printer({ out, err, colour }), out: () => said(out), err: () => said(err) }
}

describe('sanitise', () => {
  it.each([
    ['a colour', '\u001b[31mred', '\\u{1b}[31mred'],
    ['a window title', '\u001b]0;x\u0007', '\\u{1b}]0;x\\u{7}'],
    ['a C1 introducer', '\u009b2J', '\\u{9b}2J'],
    ['a carriage return that overwrites', 'ok\rfailed', 'ok\\u{d}failed'],
    ['a backspace', 'a\bb', 'a\\u{8}b'],
    ['a turned reading direction', 'a\u202eb\u2066', 'a\\u{202e}b\\u{2066}'],
    ['hidden tag characters', 'a\u{e0041}', 'a\\u{e0041}'],
  ])('`sanitise` shows %s as its code points', (_what, text, shown) => {
    expect(sanitise(text)).toBe(shown)
  })

  it('`sanitise` leaves text of any script, tabs and line breaks alone', () => {
    const text = 'Grüße, 世界, שלום 🎉\n\tline'
    expect(sanitise(text)).toBe(text)
  })
})

describe('the printer', () => {
  it('the printer makes text harmless on a terminal and unchanged for a program', () => {
    const [person, program] = [terminal(true), terminal(false)]
    for (const one of [person, program]) one.print.answer({ lines: ['\u001b[2J'] })
    expect([person.out(), program.out()]).toEqual(['\\u{1b}[2J\n', '\u001b[2J\n'])
  })

  it('the printer puts data on standard output and notes on standard error', () => {
    const one = terminal(false)
    one.print.answer({ lines: ['data'], notes: ['note'] })
    expect([one.out(), one.err()]).toEqual(['data\n', 'note\n'])
  })

  it.each(['out', 'err'] as const)('the printer goes on when nobody reads std%s', (name) => {
    const streams = { out: new PassThrough(), err: new PassThrough() }
    printer({ ...streams, colour: 'never' })
    streams[name].emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    expect([streams.out.read(), streams.err.read()]).toEqual([null, null])
  })

  it.each([
    ['out', 'error: standard output cannot be written: i/o error [RIPPLE_FILE_UNWRITABLE]\n'],
    ['err', ''],
  ] as const)('the printer reports an unwritable std%s once and gives the exit code', (name, said) => {
    const streams = { out: new PassThrough(), err: new PassThrough() }
    const codes: number[] = []
    printer({ ...streams, colour: 'never', onLost: (exit) => void codes.push(exit) })
    const lost = Object.assign(new Error('EIO: i/o error, write'), {
      code: 'EIO',
      errno: -5,
      syscall: 'write',
    })
    for (let times = 0; times < 2; times++) streams[name].emit('error', lost)
    expect(String(streams.err.read() ?? '')).toBe(said)
    expect(codes).toEqual([2, 2])
  })

  it('the printer keeps bytes unchanged for a program', () => {
    const one = terminal(false)
    one.print.answer({ lines: [], bytes: new Uint8Array([0x1b, 0x41]) })
    expect(one.out()).toBe('\u001bA')
  })

  it('the printer gives an error with code and hint, or as JSON', () => {
    const error = new RippleError('RIPPLE_NO_DAEMON', { data: '/d' })
    const [person, program] = [terminal(false), terminal(false)]
    person.print.error(error, false)
    program.print.error(error, true)
    expect(person.err()).toBe(
      "error: no daemon answers for /d [RIPPLE_NO_DAEMON]\nhint: start it with 'ripple up'; a daemon that is starting answers once it is ready\n",
    )
    expect(JSON.parse(program.out()).error).toMatchObject({ code: 'RIPPLE_NO_DAEMON', facts: { data: '/d' } })
    expect(program.err()).toBe('')
  })

  it('the printer colours only on request or on a terminal', () => {
    const error = new RippleError('RIPPLE_INTERRUPTED')
    for (const [tty, colour, coloured] of [
      [true, 'auto', true],
      [false, 'auto', false],
      [true, 'never', false],
      [false, 'always', true],
    ] as const) {
      const one = terminal(tty, colour)
      one.print.error(error, false)
      expect(one.err().includes('\u001b[31m')).toBe(coloured)
    }
  })
})

describe('a command that waits', () => {
  const cleared = '\r\u001b[2K'

  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('a waiting command counts seconds on one line, which the next output replaces', () => {
    const { print, err } = terminal(true)
    using waiting = showWaiting(print)
    waiting.for('starting')
    vi.advanceTimersByTime(2_000)
    print.note('ok')
    waiting.for(null)
    vi.advanceTimersByTime(2_000)
    const lines = ['starting, 0 s', 'starting, 1 s', 'starting, 2 s'].map((text) => `${cleared}  ${text}`)
    expect(err()).toBe(`${lines.join('')}${cleared}ok\n`)
  })

  it('a waiting command without a terminal reports every ten seconds of silence', () => {
    const { print, err } = terminal(false)
    using waiting = showWaiting(print)
    waiting.for('starting')
    vi.advanceTimersByTime(6_000)
    print.note('ok')
    vi.advanceTimersByTime(6_000)
    expect(err()).toBe('ok\n')
    for (let tens = 0; tens < 3; tens++) {
      vi.advanceTimersByTime(10_000)
      expect(err()).toMatch(/^( {2}starting, \d+ s\n)+$/)
    }
  })

  it('a waiting command begins a new line after a piece of an answer', () => {
    const { print, out, err } = terminal(true)
    using waiting = showWaiting(print)
    waiting.for('waiting for the answer')
    err()
    print.piece('The first')
    vi.advanceTimersByTime(9_000)
    expect(out()).toBe('The first')
    expect(err()).toContain('\n  waiting for the answer, 7 s\n')
  })
})
