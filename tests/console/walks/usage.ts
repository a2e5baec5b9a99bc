/** Walks through the view of use, on the machine that posts and on the one that works. */
import { expect } from 'vitest'
import type { Walk } from '../world.ts'

export const usage: Walk = {
  title: 'the view of use counts a task on both machines, as received and as given',
  async walk({ open, openOf, mesh, bert }) {
    const { id } = await mesh.call<{ id: string }>('anna', 'task.post', {
      prompt: 'Name a river.',
      max_tokens: 8,
    })
    await mesh.accepted('anna', id)
    const here = await open('usage')
    const there = await openOf(bert, 'bert', 'usage')

    const chart = here.getByRole('img', { name: /^Chart of tasks by day/ })
    const box = await chart.locator('.u-over').boundingBox()
    if (!box) throw new RangeError('the chart has no place')
    await here.mouse.move(box.x + box.width - 15, box.y + box.height / 2)
    await here.getByText(/^Received: [1-9]/).waitFor()

    for (const [page, peer, way] of [
      [here, 'bert', 'Received'],
      [there, 'anna', 'Given'],
    ] as const) {
      await page
        .getByRole('img', { name: /^Chart of tasks by day/ })
        .locator('canvas')
        .waitFor()
      await page.getByRole('combobox', { name: 'Days' }).selectOption('last 7 days')
      const machines = page.getByRole('table', { name: 'By machine' })
      const heads = await machines.getByRole('columnheader').allTextContents()
      const row = machines
        .getByRole('row')
        .filter({ has: page.getByRole('rowheader', { name: peer, exact: true }) })
      await row.waitFor()
      const cells = await row.getByRole('cell').allTextContents()
      expect(Number(cells[heads.indexOf(`${way}, tasks`) - 1])).toBeGreaterThan(0)
      await page.getByText('The figures as a table').click()
      await page.getByRole('table', { name: 'By day' }).getByRole('rowheader').first().waitFor()
      await page.getByRole('combobox', { name: 'Show' }).selectOption('tokens')
      await page
        .getByRole('columnheader', { name: `${way}, tokens` })
        .first()
        .waitFor()
      await page.waitForURL(/#\/usage\?days=7&show=tokens/)
      await page.context().close()
    }
  },
}
