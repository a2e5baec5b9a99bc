import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { limitsModule } from '../../../zomes-bindings/build/limits-module.ts'

const project = join(import.meta.dirname, '../../..')
const read = (file: string): string => readFileSync(join(project, file), 'utf8')

test('the TypeScript constants match the rules in Rust', () => {
  expect(read('zomes-bindings/generated/limits.ts')).toBe(limitsModule(read('dnas/shared/src/limits.rs')))
})

test('all constants of the rules are generated', () => {
  const rust = read('dnas/shared/src/limits.rs')
  const constants = rust.match(/^pub const/gm) ?? []
  expect(limitsModule(rust).match(/^export const/gm)).toHaveLength(constants.length)
})
