import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { decode as decodeCbor } from '@ipld/dag-cbor'
import { decode } from '@msgpack/msgpack'
import type { TaskView } from '../../host/operations/context.ts'
import type { Ready } from '../../host/operations/local.ts'
import type { EntryOf } from '../../host/types/events.ts'
import { conductorNetwork } from '../harness/conductors.ts'
import { here, running } from '../harness/peer.ts'
import { until } from '../harness/until.ts'
import { warmData } from '../harness/warm-data.ts'
import { compare, median, print, round, timed } from './compare.ts'
import { type RawConductor, rawConductor } from './raw-conductor.ts'

// What the daemons add: a small task through the API of one, done by another, from post to accepted, beside the very
// same entries written straight over a third conductor's app websocket. The two take turns; for `accepted`, the raw side
// has the run's own time added.
// Usage: npx tsx tests/bench/roundtrip.ts [--rounds N]

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } })
const folder = await mkdtemp(join(tmpdir(), 'ripple-roundtrip-'))

interface Signed {
  readonly action: Uint8Array
  readonly entry: Uint8Array
}
interface Receipt {
  readonly task: Signed
  readonly grants: readonly Signed[]
  readonly result: Signed
  readonly close: Signed
}
interface Timing {
  readonly post: number
  readonly accepted: number
}

/** Posts a task through the API and waits until it is accepted. */
async function throughApi(poster: Ready): Promise<{ timing: Timing; run: number; receipt: Receipt }> {
  const task = { key: randomUUID(), prompt: 'Say yes.', max_tokens: 4 }
  const from = performance.now()
  const [post] = await timed(() => ask<TaskView>(poster, 'task/post', task))
  // The same key gives the same task.
  const view = await ask<TaskView>(poster, 'task/post', { ...task, wait: true })
  const accepted = performance.now() - from
  if (view.state !== 'accepted') throw new TypeError(`the task is ${view.state}`)
  const receipt = decodeCbor<Receipt>(await readFile(await receiptOf(poster, view)))
  return { timing: { post, accepted }, run: view.usage?.wall_ms ?? 0, receipt }
}

/** The receipt is written just after the task is accepted. */
async function receiptOf(poster: Ready, { id, receipt: written }: TaskView): Promise<string> {
  let receipt = written
  while (receipt === null) ({ receipt } = await ask<TaskView>(poster, 'task/show', { id }))
  return receipt
}

/** One request to a daemon's API. */
async function ask<T>({ api }: Ready, route: string, input: object): Promise<T> {
  const authorization = `Bearer ${(await readFile(api.token_file, 'utf8')).trim()}`
  const headers = { authorization, 'content-type': 'application/json' }
  const answer = await fetch(`${api.url}/api/${route}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(input),
  })
  return (await answer.json()) as T
}

/** Writes the same entries as a receipt has, with the raw conductor's own hashes in them. */
async function throughConductor(
  raw: RawConductor,
  { task, grants, result, close }: Receipt,
): Promise<Timing> {
  const { agent, dnaHash: dna_hash } = raw
  const [first] = grants
  if (first === undefined) throw new TypeError('the receipt has no grant')
  const from = performance.now()
  const again = { dna_hash, id: randomUUID(), created_at: Date.now() }
  const [post, asked] = await timed(() => raw.commit({ type: 'Task', ...entryOf<'Task'>(task), ...again }))
  const base = { dna_hash, task: asked }
  const granted = await raw.commit({
    type: 'Grant',
    ...entryOf<'Grant'>(first),
    ...base,
    prev: asked,
    worker: agent,
  })
  const given = await raw.commit({
    type: 'Result',
    ...entryOf<'Result'>(result),
    ...base,
    authority: granted,
  })
  await raw.commit({ type: 'Close', ...entryOf<'Close'>(close), ...base, prev: granted, result: given })
  return { post, accepted: performance.now() - from }
}

/** The document of a signed event. */
function entryOf<T extends 'Task' | 'Grant' | 'Result' | 'Close'>({
  entry,
}: Signed): Omit<EntryOf<T>, 'type'> {
  const { entry: bytes } = decode(entry) as { readonly entry: Uint8Array }
  return decode(bytes) as Omit<EntryOf<T>, 'type'>
}

/** Place of an action on its chain. */
function seqOf({ action }: Signed): number {
  return (decode(action) as { readonly header: { readonly action_seq: number } }).header.action_seq
}

try {
  await using net = await conductorNetwork('roundtrip')
  await using raw = await rawConductor(await warmData(folder, 'raw'), net)
  await using server = await running<{ url: string }>(here, 'bootstrap', '--data', join(folder, 'server'))
  const up = async (name: string) => {
    const words = ['--data', await warmData(folder, name), '--port', '0', '--bootstrap', server.ready.url]
    return running<Ready>(here, 'up', ...words)
  }
  await using daemon = await up('poster')
  await using worker = await up('worker')
  await until('the poster sees the worker', async () => {
    const { peers } = await ask<{ peers: { agent: string; state: string }[] }>(daemon.ready, 'peers', {})
    return peers.some(({ agent, state }) => agent === worker.ready.agent && state === 'online')
  })
  // The first round loads the model and compiles what is left; it is not counted.
  let { receipt } = await throughApi(daemon.ready)
  await throughConductor(raw, receipt)
  const rows: Array<{ ours: Timing; theirs: Timing; run: number }> = []
  for (let turn = 0; turn < Number(values.rounds); turn += 1) {
    const before = turn % 2 === 1 ? await throughConductor(raw, receipt) : null
    const { timing: ours, run, receipt: now } = await throughApi(daemon.ready)
    receipt = now
    rows.push({ ours, theirs: before ?? (await throughConductor(raw, receipt)), run })
  }
  print({
    post_ms: compare(
      rows.map(({ ours }) => ours.post),
      rows.map(({ theirs }) => theirs.post),
    ),
    accepted_ms: compare(
      rows.map(({ ours }) => ours.accepted),
      rows.map(({ theirs, run }) => theirs.accepted + run),
    ),
    run_ms: round(median(rows.map(({ run }) => run))),
    chain_length: { poster: seqOf(receipt.close), raw: await raw.chainLength() },
  })
} finally {
  await rm(folder, { recursive: true, force: true })
}
