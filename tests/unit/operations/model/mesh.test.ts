import { expect, test } from 'vitest'
import type { MeshModel } from '../../../../host/types/answer.ts'
import { stubContext } from '../../api/stub-context.ts'
import { call, render } from '../calls.ts'

const signal = new AbortController().signal
const digest = 'ab'.repeat(32)
const bert = { agent: 'uhCAkbert', name: 'bert', loaded: true }
const self = { agent: 'uhCAkself', name: 'anna', loaded: false }
const tiny: MeshModel = { name: 'tiny', digest, context_tokens: 64, owned_by: 'mesh', at: [bert] }

test('`model where` lists each file once with its machines, and no route or provider', async () => {
  const models: MeshModel[] = [
    tiny,
    { ...tiny, name: 'other', digest: 'cd'.repeat(32), at: [self, bert] },
    { ...tiny, name: 'peer:uhCAkbert/tiny' },
    { name: 'ripple/auto', digest: null, context_tokens: null, owned_by: 'ripple', at: [] },
  ]
  const inference = { ...stubContext({}).inference, models: () => models }
  const found = await call('model.where', stubContext({ agent: 'uhCAkself', inference }), {}, signal)
  expect(found).toEqual({
    models: [
      { name: 'tiny', sha256: digest, context_tokens: 64, here: false, at: [bert] },
      { name: 'other', sha256: 'cd'.repeat(32), context_tokens: 64, here: true, at: [self, bert] },
    ],
  })
  expect(render('model.where', found).lines.join('\n')).toContain('anna, bert (loaded)')
})

test('`model pull` in the background is begun and not waited for, and `model pause` says what is here', async () => {
  const said: string[] = []
  const models = {
    ...stubContext({}).models,
    begin: async (name: string) => Promise.reject(new TypeError(`begun ${name}`)),
    pause: async (name: string) => {
      said.push(name)
      return name === 'tiny' ? 7 : null
    },
  }
  const context = stubContext({ models })
  const begun = call('model.pull', context, { name: 'tiny', background: true }, signal)
  await expect(begun).rejects.toThrow('begun tiny')
  expect(await call('model.pause', context, { name: 'tiny' }, signal)).toEqual({
    ...{ name: 'tiny', paused: true, bytes: 7 },
  })
  expect(await call('model.pause', context, { name: 'other' }, signal)).toMatchObject({ paused: false })
  expect(said).toEqual(['tiny', 'other'])
})
