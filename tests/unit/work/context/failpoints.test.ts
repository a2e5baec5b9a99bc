import { describe, expect, it, vi } from 'vitest'
import { armFailpoint, failpoints } from '../../../../host/work/context/failpoints.ts'

describe('armFailpoint', () => {
  it('a failpoint kills at the n-th pass of its place, and there only', () => {
    const kill = vi.fn()
    const pass = armFailpoint('run.mid@3:kill9', kill)
    pass('run.mid')
    pass('run.done')
    pass('run.mid')
    expect(kill).not.toHaveBeenCalled()
    pass('run.mid')
    pass('run.mid')
    expect(kill.mock.calls).toEqual([['run.mid']])
  })

  it('an unset failpoint does nothing', () => {
    const kill = vi.fn()
    const pass = armFailpoint(undefined, kill)
    for (const point of failpoints) pass(point)
    expect(kill).not.toHaveBeenCalled()
  })

  it.each(['run.mid', 'run.mid@0:kill9', 'nowhere@1:kill9', 'run.mid@1:exit'])(
    'the failpoint %s is refused',
    (text) => {
      expect(() => armFailpoint(text, () => {})).toThrow(/RIPPLE_FAILPOINT/)
    },
  )
})
