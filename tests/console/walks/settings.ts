/** Walks through the settings: pause, secrets, log. */
import { expect } from 'vitest'
import type { TaskView, WhyView } from '../../../host/operations/context.ts'
import { until } from '../../harness/until.ts'
import type { Walk } from '../world.ts'

const VALUE = 'a value that nobody sees'

export const settings: Walk = {
  title: 'the settings pause work of others, store a secret by name, and show the log by level',
  async walk({ mesh, open, anna }) {
    const page = await open('settings')
    const lending = page.getByRole('region', { name: 'What I lend, and when' })
    await lending.getByText('Work of others is taken').waitFor()
    await lending.getByRole('button', { name: 'Pause' }).click()
    await lending.getByText('Paused by you').waitFor()

    // Bert runs nothing itself, so its task waits for anna.
    await mesh.call('bert', 'drain')
    const { id } = await mesh.call<TaskView>('bert', 'task.post', { prompt: 'Name a river.', max_tokens: 8 })
    const annas = async () => {
      const { peers } = await mesh.call<WhyView>('bert', 'task.why', { id })
      return JSON.stringify(peers.find(({ peer }) => peer === anna.ready.agent))
    }
    await until('bert knows that anna is paused', async () => /paused|draining|away/.test(await annas()))
    expect((await mesh.show('bert', id)).worker).toBe(null)
    await lending.getByRole('button', { name: 'Resume' }).click()
    await lending.getByText('Work of others is taken').waitFor()
    expect((await mesh.accepted('bert', id)).worker).toBe(anna.ready.agent)
    await mesh.call('bert', 'drain', { off: true })

    const secrets = page.getByRole('region', { name: 'Secrets' })
    await secrets.getByRole('textbox', { name: 'Name' }).fill('acme')
    await secrets.getByLabel('Value').fill(VALUE)
    await secrets.getByRole('button', { name: 'Store' }).click()
    const row = secrets.getByRole('row', { name: /acme/ })
    await row.getByText('data folder').waitFor()
    expect(await secrets.getByLabel('Value').inputValue()).toBe('')
    expect(await page.content()).not.toContain(VALUE)
    await row.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
    await row.waitFor({ state: 'detached' })

    const log = page.getByRole('region', { name: 'Log' })
    const line = log.getByText('work of other machines is taken again').last()
    await line.waitFor()
    await log.getByRole('combobox', { name: 'Least level' }).selectOption('error')
    await line.waitFor({ state: 'detached' })

    const configuration = page.getByRole('region', { name: 'Configuration' })
    await configuration.getByRole('row', { name: /^name.* anna command line$/ }).waitFor()
    await page.getByText('ripple service install').waitFor()
    await page.context().close()
  },
}
