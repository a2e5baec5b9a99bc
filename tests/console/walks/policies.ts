/** Walks through the policies, their audit, and the keys of programs. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { handmadePolicy } from '../../unit/policy/wasm.ts'
import type { Walk } from '../world.ts'

/** Milliseconds within which a changed policy is found. */
const FOUND_MS = 10_000

export const policies: Walk = {
  title: 'the policies are asked, a refusal is found in the audit, and a key is made, used and removed',
  async walk({ mesh, open, anna }) {
    const page = await open('policies')
    const form = page.getByRole('region', { name: 'Test a decision' })
    const decide = form.getByRole('button', { name: 'Decide' })
    await decide.click()
    await form.getByText('would be allowed').waitFor()
    await form.getByRole('combobox', { name: 'data_class' }).selectOption('secret')
    await decide.click()
    await form.getByText('would be refused').waitFor()
    await form.getByText('It is required that what is secret is for this machine alone.').waitFor()

    // An owner's policy refuses a task, and its test in the form and the audit both say so.
    const folder = join(mesh.folder, 'anna', 'policies')
    const answers = { allow: false, rule: 'mine.never', reasons: ['never'] }
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'post.wasm'), handmadePolicy('post', { answers }))
    await expect
      .poll(
        async () => {
          await decide.click()
          return form.getByText('mine.never').isVisible()
        },
        { timeout: FOUND_MS },
      )
      .toBe(true)
    const refused = mesh.call('anna', 'task.post', { prompt: 'Name a river.', key: 'a-task-that-is-refused' })
    await expect(refused).rejects.toMatchObject({ code: 'RIPPLE_POLICY_REFUSED' })
    await rm(join(folder, 'post.wasm'))
    const audit = page.getByRole('region', { name: 'Why was this refused?' })
    await audit.getByRole('combobox', { name: 'Decided' }).selectOption('refused')
    await audit.getByRole('textbox', { name: 'About' }).fill('that-is-refused')
    await audit.getByRole('button', { name: 'Show' }).click()
    const rows = audit.getByRole('list', { name: 'Decisions' }).locator('.decision')
    await rows.getByText('never', { exact: true }).waitFor()
    expect(await rows.count()).toBe(1)
    expect(page.url()).toContain('decided=refused')
    await audit.getByRole('combobox', { name: 'Decided' }).selectOption('allowed')
    await audit.getByRole('button', { name: 'Show' }).click()
    await audit.getByText('No decision is like that', { exact: false }).waitFor()

    const inEffect = page.getByRole('region', { name: 'Policies in effect' })
    await inEffect.getByRole('button', { name: 'Run test cases' }).click()
    await inEffect.getByText(/^(\d+) of \1 test cases passed$/).waitFor()
    await inEffect.getByRole('link', { name: 'Leave the mesh' }).click()
    await page.getByText('Text of the policy (Rego)').waitFor()

    const keys = page.getByRole('region', { name: 'Keys of programs' })
    await keys.getByText('Create a key').first().click()
    await keys.getByRole('textbox', { name: 'Name' }).fill('dashboard')
    await keys.getByRole('checkbox', { name: 'infer' }).uncheck()
    await keys.getByRole('checkbox', { name: 'read' }).check()
    await keys.getByRole('button', { name: 'Create a key' }).click()
    const once = keys.locator('.key-once')
    const key = await once.locator('code').textContent()
    const ask = async (verb: string): Promise<number> => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
      const answer = await fetch(`${anna.ready.api.url}/api/${verb}`, { method: 'POST', headers, body: '{}' })
      return answer.status
    }
    expect([await ask('status'), await ask('drain')]).toEqual([200, 403])
    await once.getByRole('button', { name: 'I have stored it' }).click()
    expect(await page.content()).not.toContain(key)
    const row = keys.getByRole('row', { name: /dashboard/ })
    await row.getByRole('button', { name: 'Remove' }).click()
    const dialog = page.getByRole('dialog', { name: /Remove the key 'dashboard'/ })
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await row.waitFor({ state: 'detached' })
    expect(await ask('status')).toBe(401)
    await page.context().close()
  },
}
