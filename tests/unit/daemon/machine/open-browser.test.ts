import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readEnv } from '../../../../host/config/env.ts'
import { openBrowser } from '../../../../host/daemon/machine/open-browser.ts'
import { limits } from '../../../../host/limits.ts'

const url = 'http://127.0.0.1:4747/#code=secret'
const { signal } = new AbortController()
const linux = process.platform === 'linux'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-open-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

/** Puts a stand-in for xdg-open on the path that notes its words and then does as it is told. */
async function opener(then: string): Promise<void> {
  const program = join(folder, 'xdg-open')
  await writeFile(program, `#!/bin/sh\necho "$0 $@" > "${join(folder, 'words')}"\n${then}\n`)
  await chmod(program, 0o700)
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
}

const open = (display = ':0') => openBrowser(url, folder, readEnv({ DISPLAY: display }), signal)

test.runIf(linux)('the browser opens a file that only its owner can read', async () => {
  await opener('exit 0')
  expect(await open()).toBe(true)
  const words = await readFile(join(folder, 'words'), 'utf8')
  expect(words.trim()).toBe(`${join(folder, 'xdg-open')} ${join(folder, 'open.html')}`)
  expect((await stat(join(folder, 'open.html'))).mode & 0o777).toBe(0o600)
  expect(await readFile(join(folder, 'open.html'), 'utf8')).toContain(`content="0; url=${url}"`)
})

test.runIf(linux)('an opener that finds no browser counts as none', async () => {
  await opener('exit 3')
  expect(await open()).toBe(false)
})

test.runIf(linux)('an opener that runs on counts as a browser and is not waited for', async () => {
  await opener('exec sleep 20')
  const begun = performance.now()
  expect(await open()).toBe(true)
  expect(performance.now() - begun).toBeLessThan(limits.browser_word_ms + 2_000)
})

test.runIf(linux)('a machine without a display or an opener has no browser', async () => {
  vi.stubEnv('PATH', folder)
  expect(await open('')).toBe(false)
  expect(await open()).toBe(false)
})
