/** Walks through the first view: who is there, what runs, what is wrong, what was given and received. */
import { expect } from 'vitest'
import type { Walk } from '../world.ts'

export const home: Walk = {
  title: 'the first view shows the machines, a running task, and what it brought',
  async walk({ open, mesh }) {
    const page = await open('home')
    await page.getByRole('heading', { name: 'Home', level: 1 }).waitFor()
    const card = (name: string) => page.getByRole('region', { name, exact: true })
    await card('This machine')
      .getByText(/^(connected|catching up)$/)
      .waitFor()
    await card('Other machines')
      .getByRole('listitem')
      .filter({ hasText: 'bert' })
      .getByText('there')
      .waitFor()

    const wrong = card('Is anything wrong?')
    await wrong.getByText(/^(all well|worth a look|needs you)$/).waitFor()
    expect(await wrong.getByRole('link', { name: 'All findings' }).getAttribute('href')).toBe('#/join/doctor')
    await wrong.getByRole('button', { name: 'Look again' }).click()
    await wrong.getByRole('button', { name: 'Look again' }).waitFor()

    const prompt = 'Count the ships that pass the lighthouse.'
    const { id } = await mesh.call<{ id: string }>('anna', 'task.post', { prompt, max_tokens: 200 })
    const task = card('Running now').getByRole('listitem').filter({ hasText: prompt })
    await task.getByText('runs on bert').waitFor()
    await mesh.accepted('anna', id)
    await task.waitFor({ state: 'detached' })
    await card('Lately').getByText('A task of this machine is done, on bert').first().waitFor()
    await card('Given and received today')
      .getByText(/^[1-9]\d* tasks?, \S+ tokens$/)
      .first()
      .waitFor()

    await page.route('**/api/peers', async (route) => {
      const { peers, join } = await (await route.fetch()).json()
      await route.fulfill({ json: { join, peers: peers.filter(({ self }: { self: boolean }) => self) } })
    })
    await page.reload()
    await page.getByRole('heading', { name: 'You are the first one here' }).waitFor()
    expect(await page.getByRole('link', { name: 'Invite a machine' }).getAttribute('href')).toBe('#/join')
    // A request may still be at the daemon.
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.context().close()
  },
}
