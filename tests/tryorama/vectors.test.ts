import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Scene, type ScenePeer } from '../harness/tryorama/scene.ts'
import { Stage } from '../harness/tryorama/stage.ts'

/** Time to start a conductor, in milliseconds: a busy machine compiles slowly. */
const START_MS = 600_000
/** Agents that the vectors' authors are played by. */
const AGENTS = 4

const folder = resolve(import.meta.dirname, '../../dnas/shared/vectors')
const vectorSchema = z.object({
  name: z.string(),
  entry: z.unknown(),
  at: z.object({ author: z.string(), dna_hash: z.string() }),
  known: z.array(z.object({ hash: z.string(), author: z.string(), entry: z.unknown() })),
  not_events: z.array(z.unknown()),
  verdict: z.union([z.string(), z.object({ missing: z.string() })]),
})

/** The vectors that a real chain cannot reach: positions cannot be chosen, and missing events are waited for. */
const unplayable = new Set(['chain_full', 'prev_order', 'not_an_event'])

const vectors = readdirSync(folder).flatMap((name) =>
  z.array(vectorSchema).parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))),
)
const playable = vectors.filter(({ verdict }) => typeof verdict === 'string' && !unplayable.has(verdict))

describe('the golden vectors, judged by a conductor', () => {
  let scene: Scene
  const agents: ScenePeer[] = []

  beforeAll(async () => {
    scene = await Scene.open()
    const conductor = await scene.conductor('honest')
    for (let n = 0; n < AGENTS; n += 1) agents.push(await scene.join(conductor, { roles: ['resource_mesh'] }))
  }, START_MS)

  afterAll(() => scene?.[Symbol.asyncDispose]())

  test.for(playable.map((vector) => [vector.name, vector] as const))(
    "a conductor judges the golden vector '%s' as the rules do",
    async ([, vector], { skip }) => {
      const stage = new Stage(vector, agents)
      await stage.prepare(vector.known)
      skip(!stage.complete(vector.entry), 'it names events that nobody can have written')
      const writing = stage.write(vector.at.author, vector.entry)
      if (vector.verdict === 'valid') expect(await writing).toMatch(/^uhCkk/)
      else await expect(writing).rejects.toThrow()
    },
  )
})
