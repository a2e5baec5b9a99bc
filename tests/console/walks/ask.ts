/** Walks through the view for chats: an answer streamed, reloaded in mid-stream, verified, given again, stopped, removed. */
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { DEFAULT_MODEL } from '../../../host/models/catalogue.ts'
import type { Chat } from '../../../host/types/chat.ts'
import { here, rippleJson } from '../../harness/peer.ts'
import { until } from '../../harness/until.ts'
import type { Walk } from '../world.ts'

const ended = /^(complete|cut off.*)$/

/** Milliseconds for an answer of some hundred tokens on a slow machine. */
const ANSWER_MS = 90_000

/** Letters of an answer that is in its middle. */
const SOME = 80

const answerOf = (page: Page) => page.getByRole('region', { name: /^Answer of/ }).last()

async function ask(page: Page, message: string, tokens: number): Promise<void> {
  await page.getByLabel('Model', { exact: true }).selectOption(DEFAULT_MODEL)
  await page.getByText('More', { exact: true }).click()
  await page.getByLabel('Most tokens').fill(String(tokens))
  await page.getByLabel('Message').fill(message)
  await page.getByRole('button', { name: 'Ask', exact: true }).click()
}

/** Returns the text of an answer so far. */
async function textOf(answer: Locator): Promise<string> {
  const [text = ''] = await answer.locator('.text').allTextContents()
  return text
}

/** The letters of a text: marks of Markdown and spaces are laid out. */
const lettersOf = (text: string): string => text.replace(/[^a-z]/gi, '')

export const askWalk: Walk = {
  title: 'a chat streams, outlives a reload in mid-stream, is verified, answered again, stopped and removed',
  async walk({ open, mesh }) {
    const page = await open('ask')
    await ask(page, 'Tell a long story about a river.', 160)
    const answer = answerOf(page)
    await until('some text is shown', async () => (await textOf(answer)).length > SOME, ANSWER_MS)
    expect(await answer.getAttribute('aria-busy')).toBe('true')
    const id = page.url().split('/').at(-1) ?? ''
    await page.reload()
    await answer.getByRole('status').getByText(ended).waitFor({ timeout: ANSWER_MS })
    const shown = await mesh.call<Chat>('anna', 'chat.show', { id })
    const text = shown.turns[0]?.answers[0]?.text ?? ''
    expect(text.length).toBeGreaterThan(SOME)
    expect(lettersOf(await textOf(answer))).toBe(lettersOf(text))

    await answer.getByText(/^SmolLM2.* on anna/).click()
    await answer.getByText('asked by name').waitFor()
    await answer.getByRole('button', { name: 'Verify receipt' }).click()
    await answer.getByText('✓ The receipt holds').waitFor()
    await answer.getByText('its answer is the text above').waitFor()

    await answer.getByRole('button', { name: 'Answer again' }).click()
    await answer.getByText('Answer 2 of 2').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await answer.getByRole('status').getByText('stopped by you').waitFor()
    const idsNow = async (): Promise<string[]> => {
      const { chats } = await rippleJson<{ chats: Chat[] }>(here, 'chat', 'ls', ...mesh.at('anna'))
      return chats.map((chat) => chat.id)
    }
    expect(await idsNow()).toContain(id)

    const list = page.getByRole('region', { name: 'Chats' }).getByRole('listitem')
    const row = list.filter({ hasText: 'Tell a long story' })
    await row.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await row.waitFor({ state: 'detached' })
    expect(await idsNow()).not.toContain(id)
    await page.context().close()
  },
}
