import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { artifacts } from '../console/walks/artifacts.ts'
import { askWalk } from '../console/walks/ask.ts'
import { bar } from '../console/walks/bar.ts'
import { home } from '../console/walks/home.ts'
import { join } from '../console/walks/join.ts'
import { mesh } from '../console/walks/mesh.ts'
import { models } from '../console/walks/models.ts'
import { policies } from '../console/walks/policies.ts'
import { receipts } from '../console/walks/receipts.ts'
import { settings } from '../console/walks/settings.ts'
import { tasks } from '../console/walks/tasks.ts'
import { usage } from '../console/walks/usage.ts'
import { openWorld, type Walk, type World } from '../console/world.ts'
import { browserProblem } from '../harness/browser.ts'
import { WARM_MS } from '../harness/warm-data.ts'

const problem = browserProblem()
const note = problem ? ` (${problem})` : ''

const walks: readonly Walk[] = [
  home,
  bar,
  mesh,
  models,
  artifacts,
  usage,
  tasks,
  receipts,
  policies,
  settings,
  join,
  askWalk,
]

describe.skipIf(problem !== null)(`the page of a real daemon${note}`, () => {
  let world: World
  beforeAll(async () => {
    world = await openWorld()
  }, WARM_MS)
  afterAll(async () => {
    const stayed = await world.end()
    expect(world.wrong).toEqual([])
    expect(stayed).toEqual([])
  })

  test.each(walks)('$title', ({ walk }) => walk(world), WARM_MS)
})
