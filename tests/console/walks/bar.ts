/** Walks through the command bar. */
import { expect } from 'vitest'
import type { Walk } from '../world.ts'

export const bar: Walk = {
  title: 'the command bar goes to a view, runs a verb by its generated form, and asks before it removes',
  async walk({ open, mesh }) {
    const page = await open('home')
    const sought = page.getByRole('combobox', { name: 'View or verb' })
    const start = page.getByRole('button', { name: /Commands/ })

    await start.focus()
    await page.keyboard.press('Control+k')
    await sought.fill('ask')
    await page.getByRole('option', { name: /Ask view/ }).waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => start.evaluate((one) => one === document.activeElement)).toBe(true)

    await page.keyboard.press('Control+k')
    await sought.fill('go to ask')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.url()).toMatch(/#\/ask$/)

    await page.keyboard.press('Control+k')
    await sought.fill('make a key')
    await page.getByRole('option', { name: /Make a key/ }).waitFor()
    await page.keyboard.press('Enter')
    const name = page.getByLabel('name')
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByText("The field 'name' is empty.").waitFor()
    await name.fill('Not A Name')
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByText('RIPPLE_BODY_INVALID').waitFor()
    await name.fill('editor')
    await page.getByRole('checkbox', { name: 'read' }).check()
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByRole('region', { name: 'Answer' }).getByText('editor').waitFor()
    const kept = await mesh.call<{ keys: { name: string; scopes: string[] }[] }>('anna', 'key.ls')
    expect(kept.keys).toContainEqual(expect.objectContaining({ name: 'editor', scopes: ['infer', 'read'] }))

    await page.getByRole('button', { name: 'All commands' }).click()
    await sought.fill('key.rm')
    await page.keyboard.press('Enter')
    await name.fill('editor')
    await page.getByRole('button', { name: 'Remove a key' }).click()
    const question = page.getByRole('dialog', { name: 'Remove a key: editor?' })
    await question.getByRole('button', { name: 'Remove a key' }).click()
    await page.getByRole('region', { name: 'Answer' }).waitFor()
    const left = await mesh.call<{ keys: { name: string }[] }>('anna', 'key.ls')
    expect(left.keys.map((key) => key.name)).not.toContain('editor')
    await page.context().close()
  },
}
