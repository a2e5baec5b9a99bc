import { expect, test } from 'vitest'
import { findModel } from '../../../../host/models/catalogue.ts'
import { pickFile } from '../../../../host/models/folder/pick-file.ts'

const listed = findModel('Qwen3-4B')

test.each([
  ['its name', 'mine', ['mine.gguf', 'Mine.gguf', 'yours.gguf'], 'mine.gguf'],
  ['its file', 'Mine.gguf', ['mine.gguf', 'Mine.gguf'], 'Mine.gguf'],
  ['its name in another case, if no other has it', 'MINE', ['Mine.gguf', 'yours.gguf'], 'Mine.gguf'],
  ['its name in the model list', 'qwen3-4b', ['mine.gguf', listed.file], listed.file],
  ['its file name in the model list, if it is not here', listed.file, ['mine.gguf'], listed.file],
  ['its name in the model list, if it is not here', 'qwen3-4b', ['mine.gguf'], listed.file],
  [
    'its file name, though a model of the list has that name',
    'Qwen3-4B.gguf',
    [listed.file, 'Qwen3-4B.gguf'],
    'Qwen3-4B.gguf',
  ],
])('a file is found by %s', (_what, name, files, expected) => {
  expect(pickFile(name, files)).toBe(expected)
})

test.each([
  ['MINE', ['mine.gguf', 'Mine.gguf'], 'Mine.gguf, mine.gguf'],
  ['Qwen3-4B', [listed.file, 'Qwen3-4B.gguf'], `${listed.file}, Qwen3-4B.gguf`],
])('%s is refused because it could mean several files', (model, given, files) => {
  expect(() => pickFile(model, given)).toThrow(
    expect.objectContaining({ code: 'RIPPLE_MODEL_AMBIGUOUS', facts: { model, files } }),
  )
})

test('an unknown model name is refused', () => {
  expect(() => pickFile('nobody', ['mine.gguf'])).toThrow(
    expect.objectContaining({ code: 'RIPPLE_MODEL_UNKNOWN' }),
  )
})
