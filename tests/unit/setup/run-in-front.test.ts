import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { runs } from '../../harness/processes.ts'
import { until } from '../../harness/until.ts'

const module = join(resolve(import.meta.dirname, '../../..'), 'host/setup/run-command.mjs')

/** A command in front that says its process id and stays until it is told to end. */
const command = `console.log(process.pid); setInterval(() => {}, 1_000)`

test("a program of npm ends with npm's shell, however that ends", async () => {
  const front = `import(${JSON.stringify(module)}).then(({ runInFront }) => runInFront(process.execPath, ['-e', ${JSON.stringify(command)}]))`
  // The second command keeps the shell from becoming the first.
  const shell = spawn('sh', ['-c', '"$NODE" -e "$FRONT"; true'], {
    env: { ...process.env, NODE: process.execPath, FRONT: front, npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(shell.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  expect(runs(pid)).toBe(true)
  shell.kill('SIGKILL')
  await until('the command has ended', async () => !runs(pid))
})
