import { expect, test } from 'vitest'
import { pageKeys } from '../../../../host/api/page-keys.ts'
import type { Local } from '../../../../host/operations/local.ts'
import { statusView } from '../../api/status-view.ts'
import { stubContext } from '../../api/stub-context.ts'
import { call, callLocal, render } from '../calls.ts'

const { signal } = new AbortController()
const keys = pageKeys()
const context = stubContext({ pageKeys: keys, status: async () => statusView() })

/**
 * Runs the command with a daemon, on a machine with a browser or without; gives the addresses that the browser
 * opened.
 */
async function open(input: object, hasBrowser: boolean) {
  const browsed: string[] = []
  const local = {
    call: (_name: string, given: unknown) => call('open', context, given, signal),
    browse: async (url: string) => {
      browsed.push(url)
      return hasBrowser
    },
  } as unknown as Local
  const said = (await callLocal('open', local, input, signal)) as { url: string; opened: boolean }
  return { ...said, browsed, shown: render('open', said) }
}

const withCode = /^http:\/\/127\.0\.0\.1:2\/#code=([\w-]{43})$/
const codeOf = (url: string): string => withCode.exec(url)?.[1] ?? ''

test('`open` gives the code to the browser and not to the terminal', async () => {
  const { url, opened, browsed, shown } = await open({}, true)
  expect({ url, opened, lines: shown.lines }).toEqual({
    url: 'http://127.0.0.1:2/',
    opened: true,
    lines: ['http://127.0.0.1:2/'],
  })
  expect(keys.accepts(keys.redeem(codeOf(browsed[0] ?? '')))).toBe(true)
})

test.each([
  ['no browser is here', {}, false],
  ['only the address is wanted', { print: true }, true],
])('`open` prints the address with the code if %s', async (_why, input, hasBrowser) => {
  const { url, opened } = await open(input, hasBrowser)
  expect(opened).toBe(false)
  expect(keys.accepts(keys.redeem(codeOf(url)))).toBe(true)
})
