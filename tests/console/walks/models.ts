/** Walks through the view of models: judges, loads and unloads one, and pulls one from another machine. */
import { expect } from 'vitest'
import { DEFAULT_MODEL } from '../../../host/models/catalogue.ts'
import type { Walk } from '../world.ts'

export const models: Walk = {
  title: 'a model is judged, loaded, unloaded, pulled from a peer with a pause and a reload, and removed',
  async walk({ mesh, open, openOf }) {
    const page = await open('models')
    const row = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: DEFAULT_MODEL }) })
    await row.getByRole('button', { name: `Will it run?: ${DEFAULT_MODEL}` }).click()
    const dialog = page.getByRole('dialog', { name: `Will ${DEFAULT_MODEL} run here?` })
    await dialog.getByText(/It fits/).waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
    await row.getByRole('button', { name: `Load: ${DEFAULT_MODEL}` }).click()
    await row.getByText(/^Loaded, \d/).waitFor()
    await row.getByRole('button', { name: `Unload: ${DEFAULT_MODEL}` }).click()
    await row.getByText('Here, not loaded').waitFor()
    await page.context().close()

    await using carl = await mesh.upWithoutModels('carl')
    const his = await openOf(carl, 'carl', 'models')
    const its = his.getByRole('listitem').filter({ has: his.getByRole('heading', { name: DEFAULT_MODEL }) })
    const verb = (name: string) => its.getByRole('button', { name: `${name}: ${DEFAULT_MODEL}` })
    // Two machines name it on their cards, which reach carl a while after its start.
    await his.getByRole('table', { name: 'On the mesh' }).getByText('bert').first().waitFor()
    await verb('Pull').click()
    await its.getByText('From peers').waitFor()
    await its.getByText(/^[1-9][\d.]* MiB of /).waitFor()
    await verb('Pause').click()
    await its.getByText(/^Paused, [\d.]+ MiB of [\d.]+ MiB are here$/).waitFor()
    await his.reload()
    await verb('Resume').click()
    await its.getByText('From peers').waitFor()
    await his.reload()
    await its.getByText(/^From peers$|^Here, not loaded$/).waitFor()
    await its.getByText('Here, not loaded').waitFor({ timeout: 90_000 })
    await verb('Load').click()
    await its.getByText(/^Loaded, \d/).waitFor()
    await its.getByRole('button', { name: 'Remove' }).click()
    const asked = his.getByRole('dialog', { name: new RegExp(`^Remove ${DEFAULT_MODEL}\\? It is in use`) })
    await asked.getByRole('button', { name: 'Remove' }).click()
    await its.getByText('Not here').waitFor()
    const { models: left } = await mesh.call<{ models: { present: boolean }[] }>('carl', 'model.ls')
    expect(left.some(({ present }) => present)).toBe(false)
    await his.context().close()
  },
}
