/** The models that Ripple knows by name. */
import { expect, test } from 'vitest'
import { catalogue, DEFAULT_MODEL, findModel } from '../../../host/models/catalogue.ts'

test('the default model is pinned', () => {
  const model = findModel(DEFAULT_MODEL)
  expect(catalogue[0]).toBe(model)
  expect(model.sha256).toBe('b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53')
})

test('a small base model is pinned, and has no chat template', () => {
  const { chat_template, approved, sha256, bytes } = findModel('gemma-3-270m')
  expect([chat_template, approved, sha256?.length, bytes]).toEqual(['none', false, 64, 253_113_024])
})

test('the catalogue knows every approved model of the inference policy', () => {
  expect(catalogue.filter(({ approved }) => approved).map(({ name, file }) => `${name}/${file}`)).toEqual([
    'gemma-3n-E2B-it/gemma-3n-E2B-it-UD-Q4_K_XL.gguf',
    'Phi-4-mini-reasoning/Phi-4-mini-reasoning-UD-Q4_K_XL.gguf',
    'DeepSeek-R1-Distill-Qwen-1.5B/DeepSeek-R1-Distill-Qwen-1.5B-Q8_0.gguf',
    'gemma-3-4b-it-qat/gemma-3-4b-it-qat-UD-Q4_K_XL.gguf',
    'gemma-3-1b-it/gemma-3-1b-it-BF16.gguf',
    'Qwen3-0.6B/Qwen3-0.6B-BF16.gguf',
    'Qwen3-4B/Qwen3-4B-Q4_K_M.gguf',
  ])
})

test('each name and file occurs once in the catalogue', () => {
  expect(new Set(catalogue.map(({ name }) => name.toLowerCase())).size).toBe(catalogue.length)
  expect(new Set(catalogue.map(({ file }) => file)).size).toBe(catalogue.length)
})

test('a name is found in any case, and an unknown one lists the known', () => {
  expect(findModel('qwen3-4b').name).toBe('Qwen3-4B')
  expect(() => findModel('gpt-9')).toThrow(expect.objectContaining({ code: 'RIPPLE_MODEL_UNKNOWN' }))
  expect(() => findModel('gpt-9')).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('Qwen3-4B') }),
  )
})
