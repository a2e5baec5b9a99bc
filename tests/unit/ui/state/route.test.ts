import { expect, test } from 'vitest'
import { hrefOf } from '../../../../host/ui/state/route.ts'

test.each([
  ['home', [], {}, '#/home'],
  ['tasks', ['3f1c/..'], { state: 'running', find: '' }, '#/tasks/3f1c%2F..?state=running'],
])('an address names its view, its rest and its options: %s', (view, rest, options, href) => {
  expect(hrefOf(view, rest, options)).toBe(href)
})
