import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { readEnv } from '../../host/config/env.ts'
import { openBrowser } from '../../host/daemon/machine/open-browser.ts'
import { RippleError } from '../../host/errors/ripple-error.ts'
import { DEFAULT_MODEL } from '../../host/models/catalogue.ts'
import { browserProblem, openChromium } from '../harness/browser.ts'
import { openMesh } from '../harness/mesh.ts'
import { receiptFile, type Script, type StandIn, standIn } from '../harness/page-stand-in.ts'
import { here, rippleJson } from '../harness/peer.ts'
import { until } from '../harness/until.ts'
import { WARM_MS } from '../harness/warm-data.ts'
import { watchPage } from '../harness/watch-page.ts'

const problem = browserProblem()
const note = problem ? ` (${problem})` : ''

describe.skipIf(problem !== null)(`the page, before a stand-in for the mesh${note}`, () => {
  let browser: Browser
  let daemon: StandIn
  beforeAll(async () => {
    browser = await openChromium()
    daemon = await standIn()
  })
  afterAll(async () => {
    await browser.close()
    await daemon[Symbol.asyncDispose]()
  })

  /** A new tab of a new browser profile; it fails the test when the page does what it may not. */
  async function tab(width = 900): Promise<Page> {
    const profile = await browser.newContext({ viewport: { width, height: 800 } })
    const page = await profile.newPage()
    const wrong: string[] = []
    watchPage(page, wrong, (url) => url.startsWith('file:') || url.startsWith(`${daemon.url}/`))
    onTestFinished(async () => {
      await profile.close()
      expect(wrong).toEqual([])
    })
    return page
  }

  async function signedIn(width?: number): Promise<Page> {
    const page = await tab(width)
    await page.goto(`${daemon.url}/#code=${daemon.code()}`)
    await page.getByText('anna on the network local').waitFor()
    await page.goto(`${daemon.url}/#/ask`)
    await page.getByLabel('Message').waitFor()
    return page
  }

  async function ask(page: Page, script: Script): Promise<void> {
    daemon.say(script)
    await page.getByLabel('Message').fill('Name three primes.')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
  }

  const answer = (page: Page) => page.getByRole('region', { name: /^Answer of/ }).last()
  const receipt = (page: Page) => page.getByRole('region', { name: 'Receipt' })

  async function verified(page: Page, script: Script = { pieces: ['2, ', '3, ', '5'] }) {
    await ask(page, script)
    await answer(page).getByRole('status').getByText('complete').waitFor()
    await receipt(page).getByRole('button', { name: 'Verify receipt' }).click()
    await receipt(page).getByRole('button', { name: 'Verify again' }).waitFor()
    return receipt(page)
  }

  test('a code lets one tab in and leaves its address, and the key outlives a reload', async () => {
    const page = await tab()
    const code = daemon.code()
    await page.goto(`${daemon.url}/#code=${code}`)
    await page.getByText('anna on the network local').waitFor()
    expect(page.url()).toBe(`${daemon.url}/`)
    await page.reload()
    await page.getByText('anna on the network local').waitFor()
    const kept = await page.evaluate('JSON.stringify([sessionStorage, localStorage, document.cookie])')
    expect(kept).not.toContain(code)
    expect(kept).not.toContain(daemon.token)
    const second = await tab()
    await second.goto(`${daemon.url}/#code=${code}`)
    const words = second.getByRole('alert')
    await words.getByText('the code is used up, or older than 60 seconds RIPPLE_PAGE_CODE').waitFor()
    await words.getByText("run 'ripple open' again").waitFor()
    expect(await second.getByLabel('Message').count()).toBe(0)
  })

  test.runIf(process.platform === 'linux')(
    'the file that is opened in a browser leads into the page',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'ripple-page-'))
      onTestFinished(() => rm(folder, { recursive: true }))
      onTestFinished(() => void vi.unstubAllEnvs())
      await writeFile(join(folder, 'xdg-open'), '#!/bin/sh\n', { mode: 0o700 })
      vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
      const address = `${daemon.url}/#code=${daemon.code()}`
      const { signal } = new AbortController()
      expect(await openBrowser(address, folder, readEnv({ DISPLAY: ':0' }), signal)).toBe(true)
      const page = await tab()
      await page.goto(pathToFileURL(join(folder, 'open.html')).href)
      await page.getByText('anna on the network local').waitFor()
      expect(page.url()).toBe(`${daemon.url}/`)
    },
  )

  test('the page takes the token without storing it, and refuses a wrong one in words', async () => {
    const page = await tab()
    await page.goto(daemon.url)
    const field = page.getByLabel("Or paste the API's token")
    await field.fill('wrong')
    await field.press('Enter')
    await page.getByRole('alert').getByText('the token is missing or wrong').waitFor()
    await field.fill(daemon.token)
    await field.press('Enter')
    await page.getByText('anna on the network local').waitFor()
    expect(await page.evaluate('JSON.stringify(sessionStorage)')).not.toContain(daemon.token)
  })

  test('an address with a new code signs in a tab that already shows the page', async () => {
    const page = await tab()
    await page.goto(daemon.url)
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.goto(`${daemon.url}/#code=${daemon.code()}`)
    await page.getByText('anna on the network local').waitFor()
  })

  test('the page shows an answer in pieces, who gave it and how fast', async () => {
    const page = await signedIn()
    const picker = page.getByLabel('Model', { exact: true })
    await picker.locator('option').nth(2).waitFor({ state: 'attached' })
    const groups = await picker
      .locator('optgroup')
      .evaluateAll((all) => all.map((one) => one.getAttribute('label')))
    expect(groups).toEqual(['Chosen by Ripple', 'On this machine', 'On other machines'])
    await picker.selectOption('tiny')
    await page.getByText('More', { exact: true }).click()
    await page.getByLabel('What the model is told first').fill('Be short.')
    await page.getByLabel('Temperature').fill('0')
    await page.getByLabel('Most tokens').fill('16')
    await page.getByLabel('Keep this chat on this machine').check()
    await ask(page, { pieces: ['2, ', '3, '], last: 'hang' })
    await answer(page).getByText('2, 3,').waitFor()
    expect(await answer(page).getAttribute('aria-busy')).toBe('true')
    expect(daemon.asked.at(-1)).toMatchObject({
      model: 'tiny',
      input: {
        type: 'chat',
        messages: [
          { role: 'system', content: 'Be short.' },
          { role: 'user', content: 'Name three primes.' },
        ],
      },
      temperature_milli: 0,
      max_tokens: 16,
      data_class: 'secret',
    })
    await page.getByRole('button', { name: 'Stop' }).click()
    await answer(page).getByRole('status').getByText('stopped by you').waitFor()
    await ask(page, { pieces: ['2, ', '3, ', '5'] })
    await answer(page).getByRole('status').getByText('complete').waitFor()
    await answer(page).getByText('tiny on bert').click()
    await answer(page).getByText('bert has it and is free').waitFor()
    const facts = (await answer(page).locator('dl').allTextContents()).join('')
    expect(facts).toContain('bert')
    expect(facts).toMatch(/First text[\d.]+ m?s/)
    expect(facts).toMatch(/Speed[\d.]+ tokens\/s/)
    expect(facts).toContain('5 read, 6 written')
    expect(facts).toContain('bert has it and is free')
  })

  test('an answer under way is whole after a reload, without doubled text', async () => {
    const page = await signedIn()
    const pieces = Array.from({ length: 60 }, (_, at) => `piece ${at}, `)
    await ask(page, { pieces })
    await answer(page).getByText('piece 9,').waitFor()
    await page.reload()
    await answer(page).getByRole('status').getByText('complete').waitFor()
    expect((await answer(page).locator('.text').textContent())?.trim()).toBe(pieces.join('').trim())
  })

  test('a message is answered again, changed, and its chat removed', async () => {
    const page = await signedIn(1_280)
    await ask(page, { pieces: ['first answer'] })
    await answer(page).getByRole('status').getByText('complete').waitFor()
    daemon.say({ pieces: ['second answer'] })
    await answer(page).getByRole('button', { name: 'Answer again' }).click()
    await answer(page).getByText('second answer').waitFor()
    await answer(page).getByText('Answer 2 of 2').waitFor()
    await answer(page).getByRole('button', { name: 'The answer before' }).click()
    await answer(page).getByText('first answer').waitFor()
    // The next message follows the answer that is shown.
    await ask(page, { pieces: ['third answer'] })
    await answer(page).getByText('third answer').waitFor()
    const said = { messages: [{}, { role: 'assistant', content: 'first answer' }, {}] }
    expect(daemon.asked.at(-1)?.input).toMatchObject(said)
    await answer(page).getByRole('status').getByText('complete').waitFor()
    await page.getByRole('button', { name: 'Edit' }).first().click()
    await page.getByLabel('Message').first().fill('Name three rivers.')
    daemon.say({ pieces: ['fourth answer'] })
    await page.getByRole('button', { name: 'Ask again' }).click()
    await answer(page).getByText('fourth answer').waitFor()
    expect(await page.getByRole('region', { name: /^Answer of/ }).count()).toBe(1)
    const chats = page.getByRole('region', { name: 'Chats' })
    const row = chats.getByRole('listitem').filter({ hasText: 'Name three rivers.' })
    await row.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await row.waitFor({ state: 'detached' })
    await page.getByText('Ask a model of this machine').waitFor()
  })

  test('text files go with a message as named blocks, and images are refused by name', async () => {
    const page = await signedIn()
    const file = (name: string, mimeType: string, text: string) => ({
      ...{ name, mimeType },
      buffer: Buffer.from(text),
    })
    await page
      .getByLabel('Add text files')
      .setInputFiles([
        file('notes.txt', 'text/plain', 'one\n```\ntwo'),
        file('photo.png', 'image/png', 'png'),
        file('program', '', 'a\0b'),
      ])
    await page.getByText('photo.png is an image.').waitFor()
    await page.getByText('program is not a text file.').waitFor()
    await ask(page, { pieces: ['read'] })
    await answer(page).getByText('read', { exact: true }).waitFor()
    const content = 'File “notes.txt”:\n````\none\n```\ntwo\n````\n\nName three primes.'
    expect(daemon.asked.at(-1)?.input).toMatchObject({ messages: [{ role: 'user', content }] })
    expect(await page.getByText('notes.txt', { exact: true }).count()).toBe(0)
  })

  test('the browser verifies the receipt and says what it shows and what not', async () => {
    const verdict = await verified(await signedIn())
    await verdict.getByText('✓ The receipt holds').waitFor()
    const lists = await verdict.locator('.lists').textContent()
    expect(lists).toMatch(/What it shows[\s\S]*anna uhCAkiojj3XQJ8… asked for task '0123456789abcdef'/)
    expect(lists).toContain('bert uhCAkgTl3Dqh9F… computed attempt 1')
    expect(lists).toContain('it is the receipt of this task')
    expect(lists).toContain('its answer is the text above')
    expect(lists).toMatch(/What it does not show[\s\S]*who owns a key/)
    await verdict.getByText('How this was checked').click()
    const pinned = (await readFile(join(import.meta.dirname, '../../workdir/rules.sha256'), 'utf8')).trim()
    await verdict.getByText(pinned).waitFor()
    await verdict.getByText(`ripple verify ${receiptFile}`).waitFor()
  })

  test('the page shows plainly that a receipt with one changed byte fails', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ripple-page-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const bytes = await readFile(receiptFile)
    const middle = bytes.length >> 1
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    const file = join(folder, 'changed.receipt')
    await writeFile(file, bytes)
    const verdict = await verified(await signedIn(), { pieces: ['2, 3, 5'], receipt: file })
    await verdict.getByText('✗ The receipt does not hold').waitFor()
    expect(await verdict.getByText('What it shows').count()).toBe(0)
  })

  test('the page shows that a valid receipt of another answer fails', async () => {
    const verdict = await verified(await signedIn(), { pieces: ['2, 3, 7'] })
    await verdict.getByText('✗ The receipt holds, but is not of this answer').waitFor()
    await verdict.getByText('not so: its answer is the text above').waitFor()
  })

  test('the page says in words that a task has no receipt', async () => {
    const page = await signedIn()
    await ask(page, { pieces: ['2'], receipt: null })
    await receipt(page).getByRole('button', { name: 'Verify receipt' }).click()
    await receipt(page).getByRole('alert').getByText('RIPPLE_TASK_NO_RECEIPT').waitFor()
  })

  test('an answer that looks like HTML is shown as text, and its images and links load nothing', async () => {
    const page = await signedIn()
    const html =
      '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script><b>bold</b>'
    const more =
      '\n\n![a picture](https://example.com/x.png) [text](https://example.com/y) [z](javascript:alert(1))'
    await ask(page, { pieces: [html.slice(0, 9), html.slice(9), more] })
    await answer(page).getByRole('status').getByText('complete').waitFor()
    await answer(page).getByText(html).waitFor()
    expect(await answer(page).locator('img, script, b').count()).toBe(0)
    await answer(page).getByText('a picture text (https://example.com/y) z (javascript:alert(1))').waitFor()
    const link = answer(page).locator('.text a')
    expect(await link.count()).toBe(1)
    expect(await link.getAttribute('rel')).toContain('noreferrer')
    expect(await page.title()).toBe('Ask · Ripple')
  })

  test('the stop button ends the answer in the daemon and leaves the text so far', async () => {
    const page = await signedIn()
    await ask(page, { pieces: ['2, '], last: 'hang' })
    await answer(page).getByText('2,').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await answer(page).getByRole('status').getByText('stopped by you').waitFor()
    await answer(page).getByText('2,').waitFor()
    await until('the daemon ends the run', async () => daemon.cancelled())
  })

  const busy = new RippleError('RIPPLE_BUSY', { what: 'the queue', max: 64, retry_after_s: 5 })
  test.each<[string, Script, string, readonly string[]]>([
    ['is refused', { pieces: [], refuses: busy }, 'no answer', [`${busy.message} RIPPLE_BUSY`, busy.hint]],
    [
      'fails in the middle',
      { pieces: ['2, '], fails: busy },
      'broken off',
      [`${busy.message} RIPPLE_BUSY`, busy.hint],
    ],
  ])(
    "the page shows the daemon's words and a hint for an answer that %s",
    async (_how, script, phase, words) => {
      const page = await signedIn()
      await ask(page, script)
      await answer(page).getByRole('status').getByText(phase).waitFor()
      for (const word of words) await answer(page).getByRole('alert').getByText(word).waitFor()
      expect(await receipt(page).count()).toBe(0)
    },
  )

  test('a machine that waits to be accepted appears by itself, and one button accepts it', async () => {
    const page = await signedIn()
    await page.getByRole('link', { name: 'Home' }).click()
    const waiting = page.getByRole('region', { name: 'Waiting to be accepted' })
    expect(await waiting.count()).toBe(0)
    daemon.meets('nas', 'here')
    daemon.meets('desk', 'there')
    await waiting.getByText('nas', { exact: true }).waitFor()
    await waiting.getByText('accepted here, and not there yet').waitFor()
    expect(await waiting.getByRole('button', { name: /Accept/ }).count()).toBe(1)
    await waiting.getByRole('button', { name: 'Accept nas' }).click()
    await until('the daemon accepts it', async () => daemon.accepted.includes('nas'))
    await waiting.getByText('accepted here, and not there yet').nth(1).waitFor()
    expect(await waiting.getByRole('button', { name: /Accept/ }).count()).toBe(0)
    daemon.meets('nas', null)
    daemon.meets('desk', null)
    await waiting.waitFor({ state: 'detached' })
  })

  test('a restarted daemon ends the keys, and the page asks for a new sign-in', async () => {
    const page = await signedIn()
    daemon.startAnew()
    // Whatever the page reads next is refused: its next stream, or the machines after this event.
    daemon.meets('nas', null)
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor()
    expect(await page.evaluate('sessionStorage.length')).toBe(0)
  })

  test('a question is asked and its receipt verified by keyboard alone, and each control has a name', async () => {
    const page = await signedIn()
    const focused = () =>
      page.evaluate('document.activeElement.labels?.[0]?.textContent || document.activeElement.textContent')
    daemon.say({ pieces: ['2, ', '3, ', '5'] })
    const field = page.getByLabel('Message')
    await page.getByRole('heading', { name: 'Ask', level: 1 }).focus()
    while ((await focused()) !== 'Message') await page.keyboard.press('Tab')
    await page.keyboard.type('Name three primes.')
    const names: unknown[] = []
    for (let n = 0; n < 6; n += 1) {
      await page.keyboard.press('Tab')
      names.push(await focused())
    }
    expect(names).toEqual(['Add text files', expect.any(String), 'Refresh', 'More', 'Ask', 'Stop'])
    await field.focus()
    await page.keyboard.press('Enter')
    await receipt(page).waitFor()
    await page.getByRole('button', { name: 'Edit' }).focus()
    for (const name of ['Copy answer', 'Answer again', /^tiny on bert/, 'Verify receipt']) {
      await page.keyboard.press('Tab')
      expect(await focused()).toEqual(typeof name === 'string' ? name : expect.stringMatching(name))
    }
    await page.keyboard.press('Enter')
    await receipt(page).getByText('✓ The receipt holds').waitFor()
    expect(await focused()).toBe('Verify again')
  })

  test.each([320, 1_280])('the page at a width of %i fits without scrolling sideways', async (width) => {
    const page = await signedIn(width)
    await verified(page)
    await page.getByText('How this was checked').click()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
  })
})

test.skipIf(problem !== null)(
  `a real daemon's page opens by \`ripple open --print\`, and a real model answers${note}`,
  async () => {
    const mesh = await openMesh('page')
    const browser = await openChromium()
    onTestFinished(async () => {
      await browser.close()
      expect(await mesh.end()).toEqual([])
    })
    const { ready } = await mesh.up('one')
    type Opened = { url: string; opened: boolean }
    const { url, opened } = await rippleJson<Opened>(here, 'open', '--print', ...mesh.at('one'))
    expect({ opened, at: url.split('#')[0] }).toEqual({ opened: false, at: `${ready.api.url}/` })
    const page = await browser.newPage()
    await page.goto(url)
    // The page's policy allows the browser's own tools to evaluate code, and forbids it to code in the page.
    const key = () => page.evaluate("sessionStorage.getItem('ripple.key')")
    await until('the page is let in', async () => (await key()) !== null)
    expect(page.url()).toBe(`${ready.api.url}/`)
    await page.getByText('one on the network local').waitFor()
    await page.getByRole('link', { name: 'Ask', exact: true }).click()
    await page.getByLabel('Model', { exact: true }).selectOption(DEFAULT_MODEL)
    await page.getByText('More', { exact: true }).click()
    await page.getByLabel('Most tokens').fill('24')
    await page.getByLabel('Message').fill('Name three primes.')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    const answer = page.getByRole('region', { name: /^Answer of/ })
    await answer
      .getByRole('status')
      .getByText(/^(complete|cut off.*)$/)
      .waitFor({ timeout: WARM_MS })
    expect(await answer.locator('.text').textContent()).not.toBe('')
    await answer.getByText(`${DEFAULT_MODEL} on one (this machine)`).waitFor()
    const receipt = page.getByRole('region', { name: 'Receipt' })
    await receipt.getByRole('button', { name: 'Verify receipt' }).click()
    await receipt.getByText('✓ The receipt holds').waitFor()
  },
  WARM_MS,
)
