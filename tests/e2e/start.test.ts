import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRules } from '../../host/rules/rules.ts'
import type { StartReport } from '../../host/start/report.ts'
import { begin, here, type Ran, READY_MS, ripple } from '../harness/peer.ts'
import { staying } from '../harness/processes.ts'

/** Flips of one byte that are tried on the receipt. */
const FLIPS = 200

const run = promisify(execFile)
let folder: string

const start = (...words: string[]): Promise<Ran> => begin(here, 'start', ...words).ended

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-start-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe('npm start', () => {
  let report: StartReport

  test(
    '`npm start -- --once` answers one prompt, prints one document and leaves no process',
    async () => {
      const ran = await start(
        '--once',
        '--json',
        '--prompt',
        'Name three primes.',
        '--max-tokens',
        '16',
        '--data',
        folder,
      )
      expect(ran.code, ran.stderr + ran.stdout).toBe(0)
      expect(ran.stderr).not.toContain('error:')
      expect(ran.stderr).toMatch(/starting both peers, which compiles the hApp at the first start, \d+ s/)
      report = JSON.parse(ran.stdout) as StartReport
      expect(report.verified).toBe(true)
      expect(report.worker).not.toBe(report.poster)
      expect(report.output?.text).toBeTruthy()
      expect(report.model?.sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(Object.values(report.timings).every((ms) => typeof ms === 'number')).toBe(true)
      expect(await staying(folder)).toEqual([])
    },
    READY_MS,
  )

  test('the receipt of `npm start` verifies without a daemon, and no flipped byte passes', async () => {
    const file = report.receipt ?? ''
    expect((await ripple(here, 'verify', file)).code).toBe(0)
    const bytes = await readFile(file)
    const rules = await openRules()
    const accepted = Array.from({ length: FLIPS }, () => {
      const flipped = Uint8Array.from(bytes)
      const at = randomInt(bytes.length)
      flipped[at] = (flipped[at] ?? 0) ^ (1 << randomInt(8))
      return { at, ok: rules.verifyReceipt(flipped).ok }
    }).filter(({ ok }) => ok)
    expect(accepted).toEqual([])
    const broken = Uint8Array.from(bytes)
    broken[bytes.length >> 1] = (broken[bytes.length >> 1] ?? 0) ^ 1
    const brokenFile = join(folder, 'broken.receipt')
    await writeFile(brokenFile, broken)
    const refused = await ripple(here, 'verify', brokenFile, '--json')
    expect(refused.code).toBe(1)
    // A changed byte of the file's form makes the file unreadable as a receipt.
    expect(JSON.parse(refused.stdout).error.code).toMatch(/^RIPPLE_(RECEIPT_INVALID|NOT_A_RECEIPT)$/)
  })

  test('`npm start` stays up, prints commands that work, and ends with its children when told', async () => {
    const command = begin(here, 'start', '--prompt', 'Say yes.', '--max-tokens', '4', '--data', folder)
    const said = await command.until(({ stderr }) => (stderr.includes('/chat/completions') ? stderr : null))
    const [open = '', ask = '', curl = '', ...more] = [...said.matchAll(/^ {2}((?:npx|curl) .*)$/gm)].map(
      ([, line]) => line,
    )
    expect(more).toEqual([])
    // As they are printed, in whatever folder; only no browser is started.
    const typed = (line: string) => run('sh', ['-c', line], { cwd: tmpdir() })
    const page = (await typed(`${open} --print`)).stdout.trim()
    expect(await (await fetch(page)).text()).toContain('<title>Ripple')
    expect((await typed(ask)).stdout.trim()).not.toBe('')
    const answer = JSON.parse((await typed(curl)).stdout)
    expect(answer.choices[0].message.content).not.toBe('')
    expect(said).toContain(`base URL ${new URL(page).origin}/v1 `)
    command.kill('SIGINT')
    expect((await command.ended).code).toBe(0)
    expect(await staying(folder)).toEqual([])
  })

  test('`npm start` refuses an unknown flag with a code and a hint', async () => {
    const ran = await start('--twice')
    expect(ran.code).toBe(2)
    expect(ran.stderr).toContain('[RIPPLE_USAGE]')
    expect(ran.stderr).toContain('hint:')
  })
})
