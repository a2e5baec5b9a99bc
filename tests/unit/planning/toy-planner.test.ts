import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { backoff, type Paces, paced, withPace } from '../../../host/planning/effect-retry.ts'
import { Loop } from '../../../host/planning/loop.ts'
import { changedKeys } from '../../../host/planning/persistent-map.ts'
import { type Paced, type PlanItem, type Planner, planFrom } from '../../../host/planning/planner.ts'
import { VirtualClock } from '../../harness/sim/clock.ts'

/** The copies of each file that the toy makes, and the pauses between its tries. */
const wanted = 3
const config = { retry_ms: { min: 100, max: 5_000 } }

/** A toy that keeps copies of files: its state, its inputs and its one effect. */
interface Copies {
  readonly files: ReadonlyMap<string, number>
  readonly pace: Paces
}
type CopyInput =
  | { readonly type: 'added'; readonly file: string }
  | { readonly type: 'copied'; readonly file: string }
type CopyEffect = { readonly type: 'copy'; readonly file: string } & Paced

const planner: Planner<Copies, CopyInput, CopyEffect> = {
  apply: (state, input) => {
    switch (input.type) {
      case 'begun':
      case 'ended':
        return { ...state, pace: withPace(state.pace, input) }
      case 'added':
        return { ...state, files: new Map(state.files).set(input.file, 0) }
      case 'copied':
        return {
          files: new Map(state.files).set(input.file, (state.files.get(input.file) ?? 0) + 1),
          pace: new Map([...state.pace].filter(([owner]) => owner !== input.file)),
        }
      default:
        return state
    }
  },
  planOf: (state, file, now) => planFrom(steps(state, file, now), now),
  touches: () => ({
    changed: (before, after) => [
      ...changedKeys(before.files, after.files),
      ...changedKeys(before.pace, after.pace),
    ],
    rang: () => [],
    order: () => 0,
  }),
}

function* steps(state: Copies, file: string, now: number): Generator<PlanItem<CopyEffect>> {
  if ((state.files.get(file) ?? wanted) < wanted)
    yield* paced(state, now, file, 'copy', backoff(config), { type: 'copy', file } as const)
}

test('a toy planner on the loop makes every copy, one at a time, through failed effects', async () => {
  const failures = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(failures, async (failing) => {
      const clock = new VirtualClock(0)
      const over = new AbortController()
      const left = new Map(failing.map((tries, index) => [`file ${index}`, tries]))
      const underWay = new Set<string>()
      let failed = 0
      const loop = new Loop(
        { files: new Map(), pace: new Map() },
        {
          planner,
          clock,
          signal: over.signal,
          act: async ({ file }) => {
            expect(underWay.has(file)).toBe(false)
            underWay.add(file)
            await clock.sleep(50, over.signal)
            underWay.delete(file)
            const tries = left.get(file) ?? 0
            left.set(file, tries - 1)
            if (tries > 0) throw new RippleError('RIPPLE_INTERRUPTED')
            loop.dispatch({ type: 'copied', file })
          },
          changed: () => {},
          planned: () => {},
          failed: () => {
            failed += 1
          },
        },
      )
      loop.start()
      for (const file of left.keys()) loop.dispatch({ type: 'added', file })
      const isDone = () => [...loop.state.files.values()].every((copies) => copies >= wanted)
      await clock.run(60_000, () => loop.state.files.size > 0 && isDone())
      expect([...loop.state.files.values()]).toEqual(failing.map(() => wanted))
      expect(failed).toBe(failing.reduce((sum, tries) => sum + tries, 0))
    }),
    { numRuns: 50 },
  )
})
