// Tests set-up with stand-ins for cargo and the programs that it builds.
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { versions } from '../../../host/setup/versions.mjs'
import { cargo, type SetUpProject, setUpProject, versioned } from '../../harness/setup-project.ts'
import { diskProblem, smallDisk } from '../../harness/small-disk.ts'

/** Longer than set-up may be silent, in seconds. */
const SILENT_COMMAND_S = 11
const WAIT_MS = 60_000

let project: SetUpProject
beforeEach(async () => {
  project = await setUpProject()
})
afterEach(() => project[Symbol.asyncDispose]())

describe('set-up', () => {
  test(
    'set-up counts the seconds of a silent build and keeps only the program',
    async () => {
      await project.program('cargo', cargo(SILENT_COMMAND_S))
      const { code, said } = await project.setUp()
      expect(code, said).toBe(0)
      expect(said).toMatch(/^ +holochain [\d.]+, \d+ s/m)
      expect(said).toContain('started')
      expect(existsSync(join(project.cache, 'tools/bin/holochain'))).toBe(true)
      expect(existsSync(join(project.cache, 'build'))).toBe(false)
    },
    WAIT_MS,
  )

  test.skipIf(process.platform !== 'linux')(
    'set-up on a terminal shows one line for each step',
    async () => {
      await project.program('cargo', cargo(3))
      const { said } = await project.setUp({}, { terminal: true })
      const shown = said
        .split('\r\u001b[2K')
        .filter((line) => /^ {2}holochain [\d.]+, [1-9]\d* s$/.test(line))
      expect(new Set(shown).size, said).toBeGreaterThan(1)
    },
    WAIT_MS,
  )

  test('set-up keeps what an interrupted build has compiled', async () => {
    const { code, said } = await project.setUp({ FAIL: '1' })
    expect(code).toBe(1)
    expect(said).toContain('could not compile')
    expect(said).toContain('[RIPPLE_SETUP_BUILD]')
    expect(await readFile(join(project.cache, 'build/holochain/release/lib'), 'utf8')).toBe('output\n')
  })

  test("set-up removes an older set-up's build output", async () => {
    await mkdir(join(project.cache, 'tools/bin'), { recursive: true })
    const tool = join(project.cache, 'tools/bin/holochain')
    await writeFile(tool, versioned(`holochain ${versions.holochain}`))
    await chmod(tool, 0o755)
    await mkdir(join(project.cache, 'build/holochain/release'), { recursive: true })
    const { code, said } = await project.setUp()
    expect(code, said).toBe(0)
    expect(existsSync(project.cargoRan)).toBe(false)
    expect(existsSync(join(project.cache, 'build'))).toBe(false)
    expect(existsSync(tool)).toBe(true)
  })

  test.skipIf(diskProblem() !== null)(
    'set-up refuses a too small disk and says how much it needs, and where',
    async () => {
      using disk = smallDisk(join(project.folder, 'small'), 64)
      const { code, said } = await project.setUp({ XDG_CACHE_HOME: disk.folder })
      expect(code, said).toBe(2)
      expect(said).toContain('[RIPPLE_SETUP_SPACE]')
      expect(said).toMatch(
        /set-up takes \d+\.\d GiB of disk under \S+\/small\/ripple, and 0\.1 GiB is free there/,
      )
      expect(said).toContain('hint: ')
      expect(existsSync(project.cargoRan)).toBe(false)
    },
  )
})
