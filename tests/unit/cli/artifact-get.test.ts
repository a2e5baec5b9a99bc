/** Tests `ripple artifact get` and `pin` of content that takes long, or that nobody has. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { printer } from '../../../host/cli/print.ts'
import { type Asked, buildProgram } from '../../../host/cli/program.ts'
import { runCommand } from '../../../host/cli/run-command.ts'
import { readEnv } from '../../../host/config/env.ts'
import { RippleError } from '../../../host/errors/ripple-error.ts'
import type { Context } from '../../../host/operations/context.ts'
import { eventHub } from '../../../host/telemetry/events.ts'
import { silentLog } from '../../../host/telemetry/log.ts'
import { StandInInference, serve } from '../api/openai-stand-in.ts'
import { token } from '../api/stub-api.ts'
import { stubContext } from '../api/stub-context.ts'

const cid = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'

/** Runs a command over an API whose machine knows these peers, and whose fetch goes on until it is ended. */
async function run(verb: 'get' | 'pin', peers: readonly string[], timeout_ms: number) {
  const data = mkdtempSync(join(tmpdir(), 'ripple-artifact-'))
  onTestFinished(() => rmSync(data, { recursive: true, force: true }))
  const hub = eventHub(silentLog, () => 0)
  const { artifacts } = stubContext({})
  const fetch = (_cid: string, _from: readonly string[], signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => {
      const end = () => reject(new RippleError('RIPPLE_ARTIFACT_UNAVAILABLE', { cid }))
      signal.addEventListener('abort', end, { once: true })
    })
  const known = peers.map((name) => ({ agent: `key of ${name}`, card: { agent_name: name } }))
  const { url } = await serve(new StandInInference(), {
    events: hub,
    tell: (task_key, text) => hub.emit({ type: 'task_note', task_key, text }),
    holders: async () => known.map(({ agent }) => agent),
    peers: async () => known as unknown as Awaited<ReturnType<Context['peers']>>,
    artifacts: { ...artifacts, has: async () => false, get: fetch, pin: fetch },
  })
  const token_file = join(data, 'api.token')
  writeFileSync(token_file, token)
  writeFileSync(join(data, 'api.json'), JSON.stringify({ url, token_file, pid: process.pid, version: '0' }))
  const err = new PassThrough()
  let said = ''
  err.on('data', (piece: Buffer) => {
    said += piece
  })
  const print = printer({ out: new PassThrough(), err, colour: 'never' })
  const words = ['artifact', verb, cid, '--timeout', `${timeout_ms / 1_000}s`, '--data', data]
  const asked: Asked[] = []
  buildProgram('0', (found) => asked.push(found)).parse(words, { from: 'user' })
  const ran = Promise.all(asked.map((one) => runCommand(one, readEnv(), print)))
  const thrown = await ran.catch((error: unknown) => error)
  return { thrown, said: () => said }
}

test.each(['get', 'pin'] as const)(
  '`artifact %s` says whom it asks and gives up at its deadline',
  async (verb) => {
    const begun = performance.now()
    const { thrown, said } = await run(verb, ['nas', 'desk'], 1_000)
    expect(thrown).toMatchObject({ code: 'RIPPLE_ARTIFACT_UNAVAILABLE', exit: 1 })
    expect(performance.now() - begun).toBeGreaterThan(900)
    await expect.poll(said).toContain('not here: asking nas, desk, for 1.0 s at most\n')
  },
)

test('`artifact get` says how long it has looked and that no peer is known', async () => {
  const { said } = await run('get', [], 6_000)
  await expect.poll(said).toContain('asking whoever is connected, for no peer is known')
  expect(said()).toContain('not all of it is here after 5.0 s of 6.0 s\n')
})
