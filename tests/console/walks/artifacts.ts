/** Walks through the view of artifacts: adds a file, sees it, gets the same bytes here and elsewhere, and unpins it. */
import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import type { Walk } from '../world.ts'

const name = 'walk <b>notes</b>.bin'
const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * at) % 251))

export const artifacts: Walk = {
  title:
    'an artifact is added, listed by its name, downloaded with the same bytes, pinned elsewhere and unpinned',
  async walk({ bert, open, openOf }) {
    const page = await open('artifacts')
    await page
      .getByLabel('File', { exact: true })
      .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: bytes })
    await page.getByRole('button', { name: 'Add a file' }).click()
    const row = page.getByRole('row').filter({ hasText: name })
    await row.waitFor()
    const coming = page.waitForEvent('download')
    await row.getByRole('button', { name: `Download: ${name}` }).click()
    expect(bytes.equals(await readFile(await (await coming).path()))).toBe(true)

    const cid = await row.locator('code').getAttribute('title')
    const his = await openOf(bert, 'bert', 'artifacts')
    await his.getByLabel('CID', { exact: true }).fill(cid ?? '')
    await his.getByRole('button', { name: 'Pin it here' }).click()
    await his.getByText('It is pinned here.').waitFor({ timeout: 60_000 })
    await his.getByRole('row').filter({ hasText: 'other bytes' }).first().waitFor()
    await his.context().close()

    await row.getByRole('button', { name: 'Unpin' }).click()
    await page
      .getByRole('dialog', { name: `Unpin ${name}?` })
      .getByRole('button', { name: 'Unpin' })
      .click()
    await row.waitFor({ state: 'detached' })
    await page.context().close()
  },
}
