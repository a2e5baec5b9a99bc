/** Walks through the view for tasks: a post that another machine runs, and one that is cancelled. */
import { expect } from 'vitest'
import { WARM_MS } from '../../harness/warm-data.ts'
import type { Walk } from '../world.ts'

export const tasks: Walk = {
  title:
    'a task is posted from the page and watched to its end on the other machine, and another is cancelled',
  async walk({ open }) {
    const page = await open('tasks')
    const main = page.getByRole('main')
    await main.getByRole('link', { name: 'Post a task' }).first().click()
    await page.getByRole('textbox', { name: 'Prompt' }).fill('Name three rivers.')
    await page.getByLabel('Most tokens').fill('16')
    await page.getByRole('button', { name: 'Where would it go?' }).click()
    const plan = page.getByRole('region', { name: 'Where it would go' })
    await plan.getByText('It would be offered first to: bert').waitFor()
    await page.getByRole('button', { name: 'Post task' }).click()

    const life = page.getByRole('region', { name: 'Its life' })
    await life.getByText('Granted to bert').waitFor({ timeout: WARM_MS })
    await life.getByText('Result of bert').waitFor({ timeout: WARM_MS })
    await life.getByText('Accepted', { exact: true }).waitFor({ timeout: WARM_MS })
    await page.getByRole('region', { name: 'Answer' }).waitFor()
    expect(await page.getByRole('region', { name: 'Attempts' }).getByRole('row').count()).toBe(2)

    await page.getByRole('link', { name: 'Post again' }).click()
    await expect
      .poll(() => page.getByRole('textbox', { name: 'Prompt' }).inputValue())
      .toBe('Name three rivers.')
    expect(await page.getByLabel('Most tokens').inputValue()).toBe('16')
    await page.getByText('More', { exact: true }).click()
    await page.getByLabel('Tags').fill('region:nowhere')
    await page.getByRole('button', { name: 'Where would it go?' }).click()
    await plan.getByText('No known machine can ever run it:').waitFor()
    await page.getByLabel('Post it even if no known machine can run it').check()
    await page.getByRole('button', { name: 'Post task' }).click()
    await page.getByRole('button', { name: 'Cancel task' }).click()
    const question = page.getByRole('dialog', { name: /^Cancel the task / })
    await question.getByRole('button', { name: 'Cancel task' }).click()
    await life.getByText('Cancelled', { exact: true }).waitFor({ timeout: WARM_MS })
    expect(await page.getByRole('button', { name: 'Cancel task' }).count()).toBe(0)

    await page.getByRole('link', { name: 'All tasks' }).click()
    const list = page.getByRole('table', { name: 'Tasks' })
    await page.getByLabel('State').selectOption('cancelled')
    await expect.poll(() => list.getByRole('row').count()).toBe(2)
    await page.getByLabel('Search').fill('no such task')
    await page.getByText('No task matches.').waitFor()
    await page.context().close()
  },
}
