import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import { meshModels } from '../../../host/inference/known-models.ts'
import { type KnownModel, nameOf, resolveName } from '../../../host/inference/names.ts'
import { nearestNames } from '../../../host/inference/nearest-names.ts'
import { limits } from '../../../host/limits.ts'

const nas = { agent: 'uhCAknas', name: 'nas', loaded: true }
const desk = { agent: 'uhCAkdesk', name: 'desk', loaded: false }
const twin = { agent: 'uhCAktwin', name: 'twin', loaded: false }
const rig = { agent: 'uhCAkrig', name: 'rig', loaded: false }
const smol: KnownModel = {
  name: 'SmolLM2-135M',
  digest: 'a'.repeat(64),
  context_tokens: 2_048,
  at: [nas, desk],
}
const gemma: KnownModel = {
  name: 'org/gemma-3:270m',
  digest: 'b'.repeat(64),
  context_tokens: 512,
  at: [desk],
}
/** Another file of the same name. */
const ownGemma: KnownModel = { ...gemma, digest: 'c'.repeat(64), at: [rig, twin] }
/** A machine named like another one's file, and a machine named like nobody's. */
const posing: KnownModel = { ...smol, name: ownGemma.digest, digest: 'd'.repeat(64), at: [twin] }
const alike: KnownModel = { ...smol, name: 'e'.repeat(64), digest: 'f'.repeat(64), at: [twin] }
const known = [posing, alike, smol, gemma, ownGemma]
const others = ['upstream:lan/gpt 4?']

const resolve = (name: string) => resolveName(name, known, others)

function refusal(name: string): RippleError {
  try {
    resolve(name)
  } catch (thrown) {
    if (thrown instanceof RippleError) return thrown
  }
  throw new RangeError(`${name} was found`)
}

describe('a name', () => {
  test.each([
    ['SmolLM2-135M', { type: 'model', model: smol, only: null }],
    ['smollm2-135m', { type: 'model', model: smol, only: null }],
    ['org/gemma-3:270m', { type: 'model', model: gemma, only: null }],
    ['ripple/auto', { type: 'auto' }],
    ['Ripple/MoE', { type: 'moe', by: 'name' }],
    ['peer:uhCAkdesk/SmolLM2-135M', { type: 'model', model: smol, only: 'uhCAkdesk' }],
    ['peer:desk/org/gemma-3:270m', { type: 'model', model: gemma, only: 'uhCAkdesk' }],
    ['peer:rig/org/gemma-3:270m', { type: 'model', model: ownGemma, only: 'uhCAkrig' }],
    ['b'.repeat(64), { type: 'model', model: gemma, only: null }],
    [`sha256:${'c'.repeat(64)}`, { type: 'model', model: ownGemma, only: null }],
    [`peer:twin/${'c'.repeat(64)}`, { type: 'model', model: ownGemma, only: 'uhCAktwin' }],
    [`peer:twin/${'e'.repeat(64)}`, { type: 'model', model: alike, only: 'uhCAktwin' }],
    ['upstream:lan/gpt 4?', { type: 'upstream', name: 'lan/gpt 4?' }],
  ])('%s resolves to its meaning, and lists show it under one name', (name, target) => {
    expect(resolve(name)).toEqual(target)
    const listed = nameOf(resolve(name))
    // Of several files of one name the first is meant by it; their rows are told apart by their digest.
    expect(nameOf(resolve(listed))).toBe(listed)
    const digest = 'model' in target ? target.model.digest : null
    expect(meshModels(known, others)).toContainEqual(expect.objectContaining({ name: listed, digest }))
  })

  test.each([
    [''],
    ['peer:'],
    ['peer:/SmolLM2-135M'],
    ['peer:uhCAknas/'],
    ['peer:uhCAkgone/SmolLM2-135M'],
    // A present machine without the model is not asked for it.
    ['peer:nas/org/gemma-3:270m'],
    ['upstream:lan/another'],
    [`peer:${'x'.repeat(10_000)}/SmolLM2-135M`],
    ['ripple/'],
  ])('%s resolves to nothing', (name) => {
    expect(refusal(name)).toMatchObject({ code: 'RIPPLE_MODEL_NOT_FOUND', http: 404 })
  })

  test('a misspelt name is refused with the nearest ones', () => {
    expect(refusal('SmolLM2-135Ms').facts).toMatchObject({
      nearest: expect.stringMatching(/^SmolLM2-135M, /),
    })
    expect(refusal('peer:gone/smollm-135m').facts).toMatchObject({
      nearest: expect.stringMatching(/^SmolLM2-135M, /),
    })
    expect(refusal('riple/auto').facts).toMatchObject({ nearest: expect.stringMatching(/^ripple\/auto, /) })
  })

  test('any name resolves to a known one or is refused', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `peer:${rest}`),
        ),
        (name) => {
          try {
            expect(['auto', 'moe', 'model', 'upstream']).toContain(resolve(name).type)
          } catch (thrown) {
            expect(thrown).toMatchObject({ code: 'RIPPLE_MODEL_NOT_FOUND' })
          }
        },
      ),
    )
  })
})

describe('the nearest names', () => {
  test('the nearest names have the fewest different letters, in any case, up to a bound', () => {
    const names = ['qwen', 'SMOL', 'smile', 'gemma', 'smul-2']
    expect(nearestNames('smol', names)).toEqual(['SMOL', 'smile', 'smul-2'])
    expect(nearestNames('smol', [])).toEqual([])
    expect(nearestNames('', ['abc', 'a'])).toEqual(['a', 'abc'])
  })

  test.each(['SmolLM', 'smollm2:135m', 'HuggingFaceTB/SmolLM2-135M-Instruct'])(
    'the nearest names begin with one that contains %s or is contained in it',
    (name) => {
      const names = ['ripple/moe', 'ripple/auto', 'gemma-3-270m', '-', 'SmolLM2-135M-Instruct']
      expect(nearestNames(name, names)[0]).toBe('SmolLM2-135M-Instruct')
    },
  )

  test('the nearest names begin with the name itself if it exists', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 8 }), fc.nat(7), (names, at) => {
        const name = names[at % names.length] ?? ''
        const nearest = nearestNames(name, names)
        expect(nearest[0]?.toLowerCase()).toBe(name.toLowerCase())
        expect(nearest.length).toBe(Math.min(names.length, limits.nearest_names_max))
      }),
    )
  })
})
