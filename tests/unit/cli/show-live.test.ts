import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { printer } from '../../../host/cli/print.ts'
import { showLive } from '../../../host/cli/show-live.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { forever } from '../../harness/forever.ts'

/** A terminal of a few rows, with a keyboard that notes its modes. */
function terminal() {
  const out = Object.assign(new PassThrough(), { isTTY: true, rows: 4, columns: 40 })
  const modes: unknown[] = []
  const keys = Object.assign(new EventEmitter(), {
    isTTY: true,
    setRawMode: (on: boolean) => void modes.push(on),
    resume: () => {},
    pause: () => void modes.push('paused'),
  })
  const view = printer({ out, err: new PassThrough(), colour: 'never' }).view() ?? expect.unreachable()
  const said = (): string => {
    const parts: string[] = []
    for (let part = out.read(); part !== null; part = out.read()) parts.push(String(part))
    return parts.join('')
  }
  return { keys, view, modes, said }
}

const restored = '\u001b[?25h\u001b[?1049l'

test.each(['q', 'Q', '\u0003'])('%j ends the view, and the terminal is as before', async (key) => {
  const { keys, view, modes, said } = terminal()
  let looks = 0
  const look = async () => {
    looks += 1
    if (looks === 2) keys.emit('data', Buffer.from(key))
    return [`look ${looks}`, '\u001b[31mof a peer', 'three', 'does not fit']
  }
  await showLive(look, view, keys, forever)
  const text = said()
  expect(text).toContain('look 1\u001b[K\n\\u{1b}[31mof a peer\u001b[K\nthree\u001b[K\n\u001b[J')
  expect(text).not.toContain('does not fit')
  expect(text.endsWith(restored)).toBe(true)
  expect(modes).toEqual([true, false, 'paused'])
  expect(keys.listenerCount('data')).toBe(0)
})

test('a signal and a daemon that is gone end the view with their error', async () => {
  const stop = new AbortController()
  const one = terminal()
  const shown = showLive(async () => ['x'], one.view, one.keys, stop.signal)
  stop.abort(new RippleError('RIPPLE_INTERRUPTED'))
  await expect(shown).rejects.toMatchObject({ code: 'RIPPLE_INTERRUPTED' })
  const two = terminal()
  const gone = () => Promise.reject(new RippleError('RIPPLE_NO_DAEMON', { data: '/d' }))
  await expect(showLive(gone, two.view, two.keys, forever)).rejects.toMatchObject({
    code: 'RIPPLE_NO_DAEMON',
  })
  for (const { said, modes } of [one, two]) {
    expect(said().endsWith(restored)).toBe(true)
    expect(modes).toEqual([true, false, 'paused'])
  }
})

test('a program that reads gets no view', () => {
  expect(printer({ out: new PassThrough(), err: new PassThrough(), colour: 'never' }).view()).toBe(null)
})
