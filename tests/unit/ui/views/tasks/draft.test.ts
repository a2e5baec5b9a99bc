import { expect, test } from 'vitest'
import { taskPlan, taskPost } from '../../../../../host/operations/task/shape.ts'
import { draftOf, emptyDraft, inputOf, planInputOf } from '../../../../../host/ui/views/tasks/draft.ts'

const draft = { ...emptyDraft, prompt: ' Why? ' }

test('an empty field is left to the daemon', () => {
  expect(inputOf(draft)).toEqual({ prompt: ' Why? ', public: false, force: false })
  expect(planInputOf(draft)).toEqual({})
})

test('fields are sent as the operation takes them', () => {
  const input = inputOf({
    ...draft,
    model: 'tiny',
    max_tokens: '16',
    temperature: '0.5',
    timeout_ms: '90.5',
    tags: 'region:a, gpu:true',
    after: ' 3f1c9a2e  4a1c9a2e ',
    public: true,
  })
  expect(taskPost.input.parse(input)).toMatchObject({
    model: 'tiny',
    max_tokens: 16,
    temperature: 0.5,
    timeout_ms: 90_500,
    tags: ['region:a', 'gpu:true'],
    after: ['3f1c9a2e', '4a1c9a2e'],
    public: true,
  })
})

test('a forecast gets the fields that decide the place', () => {
  const input = planInputOf({ ...draft, cores: '4', seed: '7', prefer: 'fastest' })
  expect(input).toEqual({ cores: 4, prefer: 'fastest' })
  expect(taskPlan.input.safeParse(input).success).toBe(true)
})

test('a request fills the form, which posts the same again under another key', () => {
  const { key: _, ...posted } = taskPost.input.parse({
    prompt: 'Why?',
    model: 'tiny',
    max_tokens: 12,
    timeout_ms: 120_000,
    fallback_after_ms: 30_000,
    tags: ['a:b', 'c:d'],
    after: ['3f1c9a2e'],
    priority: 'background',
    public: true,
  })
  const { force, wait, ...request } = posted
  const filled = draftOf({ ...request, id: 'a key of sixteen bytes', whole: true })
  const { key, ...again } = taskPost.input.parse(inputOf(filled))
  expect(key).not.toBe('a key of sixteen bytes')
  expect(again).toEqual({ ...request, force, wait })
})
