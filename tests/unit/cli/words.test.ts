// Tests the arguments of a command, which other users of the machine can read as long as it runs.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { listeningApi, token } from '../api/stub-api.ts'
import { stubContext } from '../api/stub-context.ts'

const command = resolve(import.meta.dirname, '../../../host/cli/ripple.mjs')

test('the command line of a running process shows no network secret', async () => {
  const data = mkdtempSync(join(tmpdir(), 'ripple-words-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
  const tasks = {
    ...stubContext({}).tasks,
    post: async () => {
      ask()
      return new Promise<never>(() => {})
    },
  }
  const api = await listeningApi({ tasks })
  onTestFinished(() => api.app.close())
  const token_file = join(data, 'api.token')
  writeFileSync(token_file, token)
  const state = { url: api.url, token_file, pid: process.pid, version: '0' }
  writeFileSync(join(data, 'api.json'), JSON.stringify(state))
  const words = ['task', 'post', '--prompt=http://127.0.0.1:31000#of-the-session', '--data', data]
  const child = spawn(process.execPath, [command, ...words], { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  await asked
  const shown = spawnSync('ps', ['-o', 'args=', '-p', String(child.pid)], { encoding: 'utf8' }).stdout
  expect(shown).toContain(`task post --prompt=http://127.0.0.1:31000 --data ${data}`)
  expect(shown).not.toContain('of-the-session')
})
