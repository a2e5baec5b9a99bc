// An API in OpenAI's shape over the real inference plane, whose engine answers as a test says.
import OpenAI from 'openai'
import { onTestFinished } from 'vitest'
import { answerGrammar } from '../../../host/engine/grammar/answer.ts'
import type { Engine, RunJob } from '../../../host/engine/port.ts'
import { openInference } from '../../../host/inference/open-inference.ts'
import type { Work } from '../../../host/work/work.ts'
import { VirtualClock } from '../../harness/sim/clock.ts'
import { standInGate } from '../../harness/sim/gate.ts'
import { Prng } from '../../harness/sim/random.ts'
import { sampler } from '../engine/sample-grammar.ts'
import { listeningApi, token } from './stub-api.ts'

/** The engine's text for a job; `nth` counts its jobs from 0. */
export type Say = (job: RunJob, nth: number) => string

/** Says something that the job's grammar allows, as a real engine is held to it. */
export function anyOfGrammar(seed = 7): Say {
  const random = new Prng(seed)
  return (job) => sampler(answerGrammar(job) ?? '')((below) => random.int(0, below - 1))
}

/** Serves such an API; `jobs` are what its engine was asked. */
export async function serveSchemas(say: Say) {
  const jobs: RunJob[] = []
  const digest = 'a'.repeat(64)
  const clock = new VirtualClock(0)
  const usage = { tokens_in: 1, tokens_out: 1, cpu_ms: 0, wall_ms: 0, peak_rss_bytes: 0 }
  const engine: Pick<Engine, 'run'> = {
    run: async (job) => {
      jobs.push(job)
      const text = say(job, jobs.length - 1)
      job.onText(text, 1)
      return {
        text,
        finish: job.parameters.max_tokens === 1 ? 'length' : 'stop',
        usage,
        template_digest: null,
      }
    },
  }
  const inference = openInference({
    work: { heldGrants: () => 0 } as unknown as Work,
    engine: engine as Engine,
    gate: standInGate(clock, 'one seed'),
    ...{ self: 'self', post: false, cache: true, clock },
    known: () => [{ name: 'sim', digest, context_tokens: 65_536, at: [] }],
    problemOf: () => null,
    upstreamNames: () => [],
    auto: () => Promise.reject(new RangeError('nobody asks for any model')),
    ensemble: () => Promise.reject(new RangeError('nobody asks several models')),
    upstream: () => () => Promise.reject(new RangeError('nobody asks a provider')),
    repeatUpstream: async () => {},
    answerOf: () => Promise.reject(new RangeError('no task has an answer here')),
  })
  const { app, url } = await listeningApi({ inference })
  onTestFinished(() => app.close())
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 })
  const post = async (body: object) => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sim', messages: [{ role: 'user', content: 'Say it.' }], ...body }),
    })
    return { status: response.status, text: await response.text() }
  }
  return { client, jobs, post }
}
