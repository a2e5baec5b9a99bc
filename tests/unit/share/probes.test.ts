import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { onBattery } from '../../../host/share/power.ts'
import { cpuOfTree, listProcesses } from '../../../host/share/processes.ts'
import { lastTyped, othersPercent, readCpu } from '../../../host/share/use.ts'

/** The kernel's tick, in milliseconds: so much of either kind of CPU time may not be counted yet. */
const TICK_MS = 10

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ripple-share-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Power supplies as Linux shows them. */
async function supply(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(folder, name))
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, name, file), `${text}\n`)
}

describe('the battery', () => {
  const laptop = (status: string) => supply('BAT0', { type: 'Battery', status })

  test('a desktop does not run on battery, though its mouse does', async () => {
    expect(await onBattery('linux', join(folder, 'none'))).toBe(false)
    await supply('hidpp_battery_0', { type: 'Battery', scope: 'Device', status: 'Discharging' })
    expect(await onBattery('linux', folder)).toBe(false)
  })

  test('an unplugged laptop runs on battery', async () => {
    await laptop('Discharging')
    await supply('ADP1', { type: 'Mains', online: '0' })
    expect(await onBattery('linux', folder)).toBe(true)
  })

  test('a plugged-in full laptop does not run on battery', async () => {
    await laptop('Full')
    await supply('ADP1', { type: 'Mains', online: '1' })
    expect(await onBattery('linux', folder)).toBe(false)
  })

  test('a plugged-in laptop that still drains its battery does not run on battery', async () => {
    await laptop('Discharging')
    await supply('ucsi-source-psy-1', { type: 'USB', online: '1' })
    expect(await onBattery('linux', folder)).toBe(false)
  })
})

describe('the load', () => {
  test('CPU time of all descendants counts to a process', () => {
    const all = [
      { pid: 1, parent: 0, cpu_ms: 1 },
      { pid: 20, parent: 10, cpu_ms: 2 },
      { pid: 10, parent: 1, cpu_ms: 4 },
      { pid: 30, parent: 20, cpu_ms: 8 },
    ]
    expect(cpuOfTree(10, all)).toBe(14)
  })

  test("others' CPU use is a share of all cores, and none without elapsed time", () => {
    const before = { busy: 100, total: 1_000, own: 50 }
    expect(othersPercent(before, { busy: 500, total: 2_000, own: 150 })).toBe(30)
    // An engine that died took its CPU time along, and what it used meanwhile would count as that of others.
    expect(othersPercent(before, { busy: 500, total: 2_000, own: 0 })).toBeNull()
    expect(othersPercent(before, { busy: 150, total: 2_000, own: 250 })).toBe(0)
    expect(othersPercent(before, before)).toBeNull()
  })

  test('this process is listed, and its work counts as its own', async () => {
    expect((await listProcesses()).map(({ pid }) => pid)).toContain(process.pid)
    const { user, system } = process.cpuUsage()
    const reading = await readCpu()
    expect(reading.own).toBeGreaterThanOrEqual((user + system) / 1_000 - 2 * TICK_MS)
    expect(reading.busy).toBeGreaterThanOrEqual(reading.own)
    await expect.poll(async () => (await readCpu()).total).toBeGreaterThan(reading.total)
  })
})

test("the last keystroke is when a terminal's file was last read", async () => {
  expect(await lastTyped([join(folder, 'none'), folder])).toBeNull()
  const times = { '0': 1_000, '7': 5_000, ttys001: 3_000, ptmx: 9_000 }
  for (const [name, at] of Object.entries(times)) {
    await writeFile(join(folder, name), '')
    await utimes(join(folder, name), new Date(at), new Date(at))
  }
  expect(await lastTyped([join(folder, 'none'), folder])).toBe(5_000)
})
