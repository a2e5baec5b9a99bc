/** Walks through the mesh. */
import { expect } from 'vitest'
import type { Walk } from '../world.ts'

const ARROWS = ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp']

export const mesh: Walk = {
  title: 'the mesh shows both machines, a card by keyboard, and a task that goes and comes back',
  async walk({ mesh, open, bert }) {
    const page = await open('mesh')
    const here = page.getByRole('button', { name: 'anna, this machine' })
    const there = page.getByRole('button', { name: 'bert, online' })
    await there.waitFor()
    await page.getByRole('img', { name: /^Map of 2 machines/ }).waitFor()

    // One stop of the Tab key leads to the map, and the arrow keys from there to bert.
    await page.getByRole('button', { name: 'Table' }).focus()
    await page.keyboard.press('Tab')
    const isThere = () => there.evaluate((element) => element === document.activeElement)
    expect(await here.evaluate((element) => element === document.activeElement)).toBe(true)
    for (const arrow of ARROWS) if (!(await isThere())) await page.keyboard.press(arrow)
    expect(await isThere()).toBe(true)
    await page.keyboard.press('Enter')
    const card = page.getByRole('region', { name: 'bert' })
    await card.getByRole('heading', { name: 'bert', level: 2 }).waitFor()
    await card.getByText('SmolLM2', { exact: false }).first().waitFor()

    const { id } = await mesh.call<{ id: string }>('anna', 'task.post', {
      prompt: 'Name a river.',
      max_tokens: 8,
    })
    const steps = page.getByRole('region', { name: 'Tasks on their way' })
    await steps.getByText('Went to bert').first().waitFor()
    await steps.getByText('Came back from bert').first().waitFor()
    await steps
      .getByRole('link', { name: id.slice(0, 8) })
      .first()
      .waitFor()
    await card.getByText(/of this machine, [1-9]\d* receipts?/).waitFor()

    await card.getByRole('button', { name: 'Close' }).click()
    await expect.poll(isThere).toBe(true)
    await page.getByRole('button', { name: 'Table' }).click()
    const table = page.getByRole('table', { name: 'Machines' })
    await table.getByRole('rowheader', { name: 'anna' }).waitFor()
    await table.getByRole('row', { name: /bert.*online/ }).waitFor()
    await table.getByRole('link', { name: 'bert' }).click()
    await card.getByTitle(bert.ready.agent).waitFor()
    await page.context().close()
  },
}
