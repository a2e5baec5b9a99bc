import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openRules, type Verdict, type WriteAt } from '../../../host/rules/rules.ts'
import type { ActionHash, MeshEvent } from '../../../host/types/events.ts'
import type { MeshEntry } from '../../../zomes-bindings/generated/resource-mesh.ts'

interface Case {
  readonly name: string
  readonly entry: MeshEntry
  readonly at: WriteAt
  readonly known: readonly MeshEvent[]
  readonly not_events: readonly ActionHash[]
  readonly verdict: string | { readonly missing: ActionHash }
}

const folder = join(import.meta.dirname, '../../../dnas/shared/vectors')
const rules = await openRules()

const known = (given: Case): Record<ActionHash, MeshEvent | null> => ({
  ...Object.fromEntries(given.known.map((event) => [event.hash, event])),
  ...Object.fromEntries(given.not_events.map((hash) => [hash, null])),
})

const short = (verdict: Verdict): Case['verdict'] =>
  'refused' in verdict ? verdict.refused.code : 'missing' in verdict ? verdict : 'valid'

describe.each(readdirSync(folder))('%s', (file) => {
  const cases: Case[] = JSON.parse(readFileSync(join(folder, file), 'utf8'))
  test.each(cases)('the rules give the verdict of $name', (given) => {
    expect(short(rules.checkEntry(given.entry, given.at, known(given)))).toEqual(given.verdict)
  })
})
