/** Tests how one machine gives its real conductor and bootstrap server to another one. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { archiveName } from '../../host/setup/tools/tools-archive.mjs'
import { versions } from '../../host/setup/versions.mjs'
import { here, rippleJson, running } from '../harness/peer.ts'
import { type SetUpProject, setUpProject } from '../harness/setup-project.ts'
import { sha256Hex } from '../harness/sha256.ts'

/** Longest time to pack and to take the programs, in milliseconds. */
const PACK_MS = 120_000

const run = promisify(execFile)
const programs = Object.entries(versions)

let project: SetUpProject
beforeEach(async () => {
  project = await setUpProject()
  // The other machine has neither program.
  await rm(join(project.folder, 'bin/kitsune2-bootstrap-srv'))
})
afterEach(() => project[Symbol.asyncDispose]())

/** Reads the variable of a printed line, as a shell does. */
async function sourceOf(line: string): Promise<string> {
  const { stdout } = await run('sh', [
    '-c',
    `${line.replace(/ npm start$/, '; printf %s "$RIPPLE_TOOLS_FROM"')}`,
  ])
  return stdout
}

test(
  'a machine takes both programs from `ripple tools serve` by sha256, and none if a byte differs',
  async () => {
    await using served = await running<{ url: string; sha256: string; take: string }>(
      here,
      ...['tools', 'serve', '--listen', '127.0.0.1:0'],
    )
    const { url, sha256, take } = served.ready
    expect(await sourceOf(take)).toBe(`${url}#${sha256}`)
    expect((await fetch(new URL('/manifest.json', url))).status).toBe(404)
    expect((await fetch(url, { method: 'POST' })).status).toBe(404)
    expect((await fetch(url, { method: 'HEAD' })).headers.get('content-type')).toBe('application/gzip')

    const other = `${sha256.slice(0, -1)}${sha256.endsWith('0') ? '1' : '0'}`
    const refused = await project.setUp({ RIPPLE_TOOLS_FROM: `${url}#${other}` })
    expect(refused.code).toBe(1)
    expect(refused.said).toContain(`it has the sha256 ${sha256}, not ${other}`)
    expect(await readdir(join(project.cache, 'tools'))).toEqual([])

    const { code, said } = await project.setUp({ RIPPLE_TOOLS_FROM: `${url}#${sha256}` })
    expect(code, said).toBe(0)
    expect(said).toContain('started')
    expect(existsSync(project.cargoRan)).toBe(false)
    for (const [program, version] of programs) {
      const { stdout } = await run(join(project.cache, 'tools/bin', program), ['--version'])
      expect(stdout.trim().split(' ').at(-1)).toBe(version)
    }
  },
  PACK_MS,
)

test(
  '`ripple tools export` writes one archive with the sha256 that it prints',
  async () => {
    const said = await rippleJson<{ file: string; sha256: string; bytes: number; take: string }>(
      here,
      ...['tools', 'export', project.folder],
    )
    expect(said.file).toBe(join(project.folder, archiveName))
    expect(statSync(said.file).size).toBe(said.bytes)
    expect(sha256Hex(readFileSync(said.file))).toBe(said.sha256)
    const env = { RIPPLE_TOOLS_FROM: await sourceOf(said.take), INIT_CWD: project.folder }
    const { code, said: shown } = await project.setUp(env)
    expect(code, shown).toBe(0)
    expect((await readdir(join(project.cache, 'tools/bin'))).sort()).toEqual(Object.keys(versions).sort())
  },
  PACK_MS,
)
