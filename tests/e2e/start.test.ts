import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRules } from '../../host/rules/rules.ts'
import type { StartReport } from '../../host/start/report.ts'
import { staying } from '../harness/processes.ts'

const project = resolve(import.meta.dirname, '../..')
const main = join(project, 'host/start/main.ts')
const cli = join(project, 'host/cli/main.ts')
/** Flips of one byte that are tried on the receipt. */
const FLIPS = 200

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-start-'))
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe('npm start', () => {
  let report: StartReport

  test('does the main job once, prints one document, and leaves no process', async () => {
    const ran = await finish(run(main, '--once', '--json', '--prompt', 'Name three primes.', '--max-tokens', '16', '--data', folder))
    expect(ran.stderr + ran.stdout).not.toContain('error:')
    expect(ran.code).toBe(0)
    report = JSON.parse(ran.stdout) as StartReport
    expect(report.verified).toBe(true)
    expect(report.worker).not.toBe(report.poster)
    expect(report.output?.text).toBeTruthy()
    expect(report.model?.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(Object.values(report.timings).every((ms) => typeof ms === 'number')).toBe(true)
    expect(await staying(folder)).toEqual([])
  })

  test('the receipt verifies without a daemon, and no flipped byte passes', async () => {
    const file = report.receipt ?? ''
    expect((await finish(run(cli, 'verify', file))).code).toBe(0)
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
    const refused = await finish(run(cli, 'verify', brokenFile, '--json'))
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.stdout).error.code).toBe('RIPPLE_RECEIPT_INVALID')
  })

  test('stays up until it is told to end, and takes everything along', async () => {
    const child = run(main, '--prompt', 'Say yes.', '--max-tokens', '4', '--data', folder)
    const ended = finish(child)
    await said(child, 'stay up until Ctrl-C')
    child.kill('SIGINT')
    expect((await ended).code).toBe(0)
    expect(await staying(folder)).toEqual([])
  })

  test('refuses an unknown flag with a code and a hint', async () => {
    const ran = await finish(run(main, '--twice'))
    expect(ran.code).toBe(2)
    expect(ran.stderr).toContain('[RIPPLE_USAGE]')
    expect(ran.stderr).toContain('hint:')
  })
})

function run(file: string, ...words: string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', file, ...words], { cwd: project, stdio: ['ignore', 'pipe', 'pipe'] })
}

function finish(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })))
}

function said(child: ChildProcess, words: string): Promise<void> {
  return new Promise((done, fail) => {
    let seen = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      seen += chunk.toString()
      if (seen.includes(words)) done()
    })
    child.on('close', () => fail(new TypeError(`it ended without saying '${words}':\n${seen}`)))
  })
}
