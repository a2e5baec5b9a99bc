import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Metric, metrics } from '../../../host/telemetry/metrics/definitions.ts'
import { openMeters } from '../../../host/telemetry/metrics/meters.ts'
import { missing, observability, panelExpressions, ruleExpressions } from '../../harness/prometheus.ts'

const declared: Readonly<Record<string, Metric>> = metrics
const without = missing('promtool')

test.each([...panelExpressions(), ...ruleExpressions()])(
  '$title asks for declared metrics and values of labels alone',
  ({ expr }) => {
    const asked = [...expr.matchAll(/\b((?:ripple|process)_\w+)(?:\{(.*?)\})?/g)]
    if (asked.length === 0) expect(expr).toContain('up{')
    for (const [, name = '', filter = ''] of asked) {
      const metric = declared[name] ?? declared[name.replace(/_(bucket|sum|count)$/, '')]
      expect(metric, name).toBeDefined()
      for (const [, label = '', values = ''] of filter.matchAll(/(\w+)=~?"(.*?)"/g))
        if (label !== 'job') expect(metric?.labels[label]).toEqual(expect.arrayContaining(values.split('|')))
    }
  },
)

test('every alert says what is wrong and how it is fixed', () => {
  const text = readFileSync(join(observability, 'alerts.yml'), 'utf8')
  const count = (word: string) => text.split(word).length - 1
  expect([count('summary:'), count('fix:'), count('severity:')]).toEqual(Array(3).fill(count('- alert:')))
})

test.skipIf(without)(`promtool accepts the rules, and each fires for its trouble alone${without}`, () => {
  const run = (...words: string[]) =>
    execFileSync('promtool', words, { cwd: observability, encoding: 'utf8' })
  expect(run('check', 'rules', 'alerts.yml')).toContain('SUCCESS')
  expect(run('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS')
})

test.skipIf(without)(`promtool finds no fault in the names and types of the metrics${without}`, async () => {
  const input = await openMeters().text()
  expect(execFileSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' })).toBe('')
})
