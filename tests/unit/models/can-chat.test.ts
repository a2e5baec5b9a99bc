import { expect, test } from 'vitest'
import { canChat } from '../../../host/models/can-chat.ts'
import { BASE_MODEL, catalogue, DEFAULT_MODEL } from '../../../host/models/catalogue.ts'

const base = catalogue.find(({ name }) => name === BASE_MODEL)
const other = 'e'.repeat(64)

test.each([
  ['its own file with a template, whatever it is called', BASE_MODEL, other, 'own', true],
  ['its own file without one', DEFAULT_MODEL, other, 'none', false],
] as const)('chat support is read from %s', (_how, name, digest, chat_template, able) => {
  expect(canChat({ name, digest }, [{ sha256: other, chat_template }])).toBe(able)
})

test.each([
  ['of the catalogue, under another name', 'renamed', base?.sha256 ?? null, false],
  ['of a name of the catalogue', BASE_MODEL.toUpperCase(), other, false],
  ['without a digest', BASE_MODEL, null, false],
  ['that chats', DEFAULT_MODEL, other, true],
  ['that nobody here knows', 'unheard-of', other, true],
])("chat support is judged for a peer's file %s", (_which, name, digest, able) => {
  expect(canChat({ name, digest }, [])).toBe(able)
})
