/** Walks through the view for receipts: a true one, its copies, and one with a changed byte. */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { verifyReceipt } from '../../../host/receipt/verify.ts'
import { openRules } from '../../../host/rules/rules.ts'
import { WARM_MS } from '../../harness/warm-data.ts'
import type { Walk } from '../world.ts'

export const receipts: Walk = {
  title: 'a receipt verifies in the browser, and the same with one changed byte is refused',
  async walk({ open, mesh }) {
    const posted = await mesh.call<{ task: string }>('anna', 'task.post', {
      prompt: 'Name three primes.',
      max_tokens: 8,
      wait: true,
    })
    await mesh.accepted('anna', posted.task)
    const page = await open('receipts')
    const own = page.getByRole('table', { name: 'Receipts of your tasks' })
    await own.getByRole('link', { name: 'Name three primes.' }).click({ timeout: WARM_MS })
    await page.getByText('✓ The receipt holds').waitFor()
    await page.getByRole('region', { name: 'What it does not show' }).waitFor()
    const entries = page.getByRole('region', { name: 'All signed entries' })
    expect(await entries.getByRole('heading', { level: 3 }).allInnerTexts()).toEqual([
      'Task: the request',
      'Grant: the permission to run it',
      'Result: what the worker attests',
      'Close: the last word of the poster',
    ])
    await page.getByRole('button', { name: 'Ask the network' }).click()
    await page.getByText('No sibling, fork or later event is known here.').waitFor({ timeout: WARM_MS })

    const rules = await openRules()
    const whole = await saved(page, 'Save a copy')
    expect(verifyReceipt(whole, rules).summary.prompt).toContain('Name three primes.')
    const redacted = await saved(page, 'Save a copy without prompt and answer')
    expect(verifyReceipt(redacted, rules).summary).toMatchObject({ prompt: null, answer: null })

    const changed = Buffer.from(whole)
    const place = Math.floor(changed.length / 3)
    changed.writeUInt8(changed.readUInt8(place) ^ 1, place)
    for (const [buffer, says] of [
      [changed, '✗ The receipt does not hold'],
      [redacted, '✓ The receipt holds'],
      [Buffer.from('no receipt'), '✗ The receipt does not hold'],
    ] as const) {
      await page.getByRole('link', { name: 'Check another receipt' }).click()
      const file = { name: 'answer.receipt', mimeType: 'application/octet-stream', buffer }
      await page.getByLabel('Receipt file').setInputFiles(file)
      await page.getByText(says).waitFor()
    }
    await page.getByText('not_a_receipt').waitFor()
    await page.context().close()
  },
}

async function saved(page: Page, button: string): Promise<Buffer> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button, exact: true }).click(),
  ])
  return readFile(await download.path())
}
