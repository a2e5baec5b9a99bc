/** Tests the verbs of sharing. */
import { expect, test } from 'vitest'
import type { OwnersPause } from '../../../../host/share/pause.ts'
import { forever } from '../../../harness/forever.ts'
import { statusView } from '../../api/status-view.ts'
import { stubContext } from '../../api/stub-context.ts'
import { call, render } from '../calls.ts'

function sharing() {
  let pause: OwnersPause | null = null
  const { rules } = stubContext({}).sharing
  return stubContext({
    sharing: {
      rules,
      why: () => (pause === null ? null : 'its owner has paused it'),
      pause: () => pause,
      changePause: async (changed) => {
        pause = changed
      },
    },
    status: async () => statusView(),
  })
}

test('a pause begins for a time or without an end, and ends by `off` or by resume', async () => {
  const context = sharing()
  const paused = await call('share.pause', context, {}, forever)
  expect(paused).toMatchObject({ takes: false, why: 'its owner has paused it', pause: { until: null } })
  expect(render('share.pause', paused).lines).toEqual(['no work of others is taken: its owner has paused it'])
  const before = Date.now()
  const timed = (await call('share.pause', context, { for_ms: 60_000 }, forever)) as {
    pause: { until: number }
  }
  expect(timed.pause.until).toBeGreaterThanOrEqual(before + 60_000)
  expect(await call('share.pause', context, { off: true }, forever)).toMatchObject({
    takes: true,
    pause: null,
  })
  await call('share.pause', context, {}, forever)
  const resumed = await call('share.resume', context, {}, forever)
  expect(render('share.resume', resumed).lines).toEqual(['work of others is taken'])
})

test('`share show` names the settings', async () => {
  const { lines } = render('share.show', await call('share.show', sharing(), {}, forever))
  expect(lines[0]).toBe('work of others is taken')
  expect(lines.join(' ')).toMatch(/hours +always/)
})

test.each([[{ for_ms: 999 }], [{ for_ms: 32 * 24 * 3_600_000 }], [{ for_ms: 1.5 }]])(
  'a pause of %o is refused',
  async (input) => {
    await expect(call('share.pause', sharing(), input, forever)).rejects.toMatchObject({
      code: 'RIPPLE_BODY_INVALID',
    })
  },
)
