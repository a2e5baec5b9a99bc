import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { openapi } from '../../../../host/api/openapi.ts'
import { findEntries, wordsOf } from '../../../../host/ui/bar/match.ts'
import { verbsOf } from '../../../../host/ui/bar/verbs.ts'
import { bar } from '../../../../host/ui/words/en/bar.ts'

const verbs = verbsOf(openapi() as Parameters<typeof verbsOf>[0])
const find = (typed: string): string[] => findEntries(typed, verbs, bar).map(({ name }) => name)

describe('the search of the command bar', () => {
  test.each([
    ['task list', 'task.list'],
    ['model.pull', 'model.pull'],
    ['cancel', 'task.cancel'],
    ['try a policy', 'policy.decide'],
    ['delete a model', 'model.rm'],
    ['download gemma', 'model.pull'],
  ])("'%s' finds %s first", (typed, name) => {
    expect(find(typed)[0]).toBe(name)
  })

  test('an empty search shows everything, in order', () => {
    expect(find(' ')).toEqual(verbs.map(({ name }) => name))
  })

  test('a search for nothing that there is finds nothing', () => {
    expect(find('xylophone')).toEqual([])
  })

  test('the shipped requests are found: 75 % as the first entry, 90 % among the first five', () => {
    const file = new URL('../../../bench/verbs/requests.json', import.meta.url)
    const requests: readonly { say: string; verb: string }[] = JSON.parse(readFileSync(file, 'utf8'))
    const among = (count: number): number =>
      requests.filter(({ say, verb }) => find(say).slice(0, count).includes(verb)).length / requests.length
    expect(requests.length).toBe(60)
    expect(among(1)).toBeGreaterThan(0.75)
    expect(among(5)).toBeGreaterThan(0.9)
  })

  test('words are compared in small letters, in one number', () => {
    expect(wordsOf("List MODELS' keys, 3 GiB: less")).toEqual(['list', 'model', 'key', '3', 'gib', 'less'])
  })
})
