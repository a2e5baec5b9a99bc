/** Tests the verb that reads the log. */
import { expect, test } from 'vitest'
import { presenterOf } from '../../../../host/cli/present/index.ts'
import type { LogPage } from '../../../../host/types/log-page.ts'
import { forever } from '../../../harness/forever.ts'
import { stubContext } from '../../api/stub-context.ts'
import { call, render } from '../calls.ts'

const page: LogPage = {
  lines: [{ at: 0, level: 'warn', text: 'the GPU failed', event: 'gpu_failed', fields: { detail: 'gone' } }],
  cursor: '1-20',
  more: false,
  least: 'info',
}

test('`logs` shows each line with its time, level and fields', async () => {
  const output = await call('logs', stubContext({ readLog: async () => page }), {}, forever)
  expect(output).toEqual(page)
  expect(render('logs', output).lines).toEqual([
    '1970-01-01T00:00:00.000Z warn  the GPU failed detail="gone"',
  ])
})

test('`logs` asks again after its cursor if it follows', () => {
  const presenter = presenterOf('logs')
  expect(presenter.next({ level: 'warn' }, page)).toBe(null)
  expect(presenter.next({ level: 'warn', follow: true }, page)).toMatchObject({
    level: 'warn',
    after: '1-20',
  })
})
