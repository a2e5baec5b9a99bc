import { expect, test } from 'vitest'
import type { ShareConfig } from '../../../host/config/config.ts'
import { limits } from '../../../host/limits.ts'
import type { OwnersPause, PauseNote } from '../../../host/share/pause.ts'
import type { CpuReading } from '../../../host/share/use.ts'
import { type Probes, watchShare } from '../../../host/share/watch.ts'

const open: ShareConfig = {
  models: true,
  offers: true,
  cores: null,
  memory_mib: null,
  hours: [],
  pause_when_used: false,
  on_battery: true,
}

/** A machine whose clock and probes the test turns. */
function machine(share: Partial<ShareConfig>, begins = new Date(2026, 5, 1, 21, 59, 50).getTime()) {
  const told: Array<string | null> = []
  const facts = { typed: null as number | null, battery: false as boolean | null, others: 0, own: 0 }
  let now = begins
  let busy = 0
  let own = 0
  let ring = (): void => {}
  const cpu = async (): Promise<CpuReading> => {
    const passed = now - begins
    return { total: 4 * passed, busy, own }
  }
  const probes: Probes = { cpu, typed: async () => facts.typed, battery: async () => facts.battery }
  const clock = {
    now: () => now,
    after: (_ms: number, call: () => void) => {
      ring = call
      return () => {
        ring = () => {}
      }
    },
  }
  const onChange = (_paused: boolean, why: string | null) => void told.push(why)
  let pause: OwnersPause | null = null
  const note: PauseNote = {
    current: () => (pause?.until != null && pause.until <= now ? null : pause),
    change: async (changed) => {
      pause = changed
    },
  }
  const watch = watchShare({ share: { ...open, ...share }, pause: note, clock, probes, onChange })
  /** Lets time pass in steps of a look; in each the cores do so much for others and for Ripple. */
  const pass = async (ms: number): Promise<void> => {
    await watch.looked
    for (let left = ms; left > 0; left -= limits.share_look_ms) {
      now += limits.share_look_ms
      busy += (4 * limits.share_look_ms * (facts.others + facts.own)) / 100
      own += (4 * limits.share_look_ms * facts.own) / 100
      ring()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { watch, facts, told, pass, now: () => now }
}

test('an owner without settings shares always, whatever the machine does', async () => {
  const { watch, facts, told, pass } = machine({})
  Object.assign(facts, { battery: true, typed: 0, others: 100 })
  await pass(60_000)
  expect([watch.why(), told]).toEqual([null, []])
})

test('sharing begins and ends with the hours', async () => {
  const { watch, told, pass } = machine({ hours: ['22:00-22:01'] })
  await watch.looked
  expect(watch.why()).toBe('it is outside of its hours (22:00-22:01)')
  await pass(10_000)
  expect(watch.why()).toBeNull()
  await pass(60_000)
  expect(told).toEqual([
    'it is outside of its hours (22:00-22:01)',
    null,
    'it is outside of its hours (22:00-22:01)',
  ])
})

test('a machine on battery shares nothing, and an unreadable battery does not count', async () => {
  const { watch, facts, pass } = machine({ on_battery: false })
  await pass(10_000)
  expect(watch.why()).toBeNull()
  facts.battery = true
  await pass(10_000)
  expect(watch.why()).toBe('the machine runs on battery')
  facts.battery = null
  await pass(10_000)
  expect(watch.why()).toBeNull()
})

test("others' programs and keys count as use for five minutes, and Ripple's load never", async () => {
  const { watch, facts, pass, now } = machine({ pause_when_used: true })
  facts.own = 90
  await pass(60_000)
  expect(watch.why()).toBeNull()
  Object.assign(facts, { own: 10, others: limits.share_used_cpu_percent })
  await pass(20_000)
  expect(watch.why()).toBe('somebody uses the machine')
  facts.others = 0
  await pass(limits.share_used_rest_ms - 20_000)
  expect(watch.why()).toBe('somebody uses the machine')
  await pass(20_000)
  expect(watch.why()).toBeNull()
  facts.typed = now()
  await pass(10_000)
  expect(watch.why()).toBe('somebody uses the machine')
})

test('several reasons are given together, and an ended watch stops looking', async () => {
  const { watch, facts, told, pass } = machine({ hours: ['23:00-23:30'], on_battery: false })
  facts.battery = true
  await pass(10_000)
  expect(watch.why()).toBe('it is outside of its hours (23:00-23:30), the machine runs on battery')
  watch[Symbol.dispose]()
  facts.battery = false
  await pass(3_600_000)
  expect(told).toHaveLength(1)
})

test('an owner pauses at once, until it is ended or its time is over', async () => {
  const { watch, told, pass, now } = machine({})
  await watch.looked
  await watch.changePause({ until: null })
  expect(watch.why()).toBe('its owner has paused it')
  await pass(60_000)
  await watch.changePause(null)
  expect(told).toEqual(['its owner has paused it', null])
  await watch.changePause({ until: now() + 30_000 })
  expect([watch.why(), watch.pause()]).toEqual([
    expect.stringMatching(/^its owner has paused it until 2026-/),
    { until: now() + 30_000 },
  ])
  await pass(40_000)
  expect([watch.why(), watch.pause(), told.length]).toEqual([null, null, 4])
})

test('a pause of the owner comes on top of the settings', async () => {
  const { watch } = machine({ hours: ['22:00-06:00'] })
  await watch.looked
  await watch.changePause({ until: null })
  expect(watch.why()).toBe('its owner has paused it, it is outside of its hours (22:00-06:00)')
  await watch.changePause(null)
  expect(watch.why()).toBe('it is outside of its hours (22:00-06:00)')
})
