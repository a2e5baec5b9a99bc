/** Kills the daemon of the page, and starts it again with another token. */
import { readFile, rm } from 'node:fs/promises'
import { expect } from 'vitest'
import { until } from '../../harness/until.ts'
import type { Walk } from '../world.ts'

/** The longest time until the page says that its daemon is gone, in milliseconds. */
const SAID_MS = 3_000

export const gone: Walk = {
  title:
    'a killed daemon is missed within 3 s, and its next start with another token asks to sign in and loses nothing typed',
  async walk(world) {
    const { open, mesh, bert } = world
    const page = await open('home')
    const typed = 'This text must stay.'
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox', { name: 'View or verb' }).fill('post a task')
    await page.getByRole('option', { name: /Post a task/ }).waitFor()
    await page.keyboard.press('Enter')
    const prompt = page.getByLabel(/^prompt/)
    await prompt.fill(typed)

    const { api } = world.anna.ready
    const old = await readFile(api.token_file, 'utf8')
    const killed = performance.now()
    await world.anna.end('SIGKILL')
    await page.getByText('The daemon does not answer.').waitFor({ timeout: SAID_MS })
    expect(performance.now() - killed).toBeLessThan(SAID_MS)

    // Somebody rotates the token meanwhile.
    await rm(api.token_file)
    world.anna = await mesh.upAt('anna', Number(new URL(api.url).port))
    const again = page.getByRole('dialog', { name: 'Sign in again' })
    const token = again.getByLabel("Or paste the API's token")
    await token.fill(old.trim())
    await page.keyboard.press('Enter')
    await again.getByText('RIPPLE_UNAUTHORIZED').waitFor()
    await token.fill((await readFile(api.token_file, 'utf8')).trim())
    await page.keyboard.press('Enter')
    await again.waitFor({ state: 'detached' })

    expect(await prompt.inputValue()).toBe(typed)
    await page.getByText('The daemon does not answer.').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByRole('region', { name: 'Answer' }).waitFor()
    await until('anna sees bert again', () => mesh.sees('anna', bert.ready.agent))
    await page.context().close()
  },
}
