import fc from 'fast-check'
import { expect, test } from 'vitest'
import { limits } from '../../../host/limits.ts'
import { type EventKind, eventKinds, type StreamEvent } from '../../../host/telemetry/catalogue.ts'
import { type Emit, type EventHub, eventHub } from '../../../host/telemetry/events.ts'
import { type Log, silentLog } from '../../../host/telemetry/log.ts'

const hubOf = (keeps: number, run = 'run') => eventHub(silentLog, () => 7, { run, keeps })

/** Reports an event of a kind, which says its number. */
const reports: Readonly<Record<EventKind, (emit: Emit, detail: string) => void>> = {
  tasks: (emit, text) => emit({ type: 'task_note', task_key: 'k', text }),
  text: (emit, text) => emit({ type: 'task_text', task_key: 'k', text }),
  chats: (emit, chat) => emit({ type: 'chat_changed', chat }),
  peers: (emit, name) => emit({ type: 'peer_seen', agent: 'a', name }),
  models: (emit, text) => emit({ type: 'model_note', text }),
  health: (emit, detail) => emit({ type: 'conductor_unconnected', detail }),
  policy: (emit, detail) => emit({ type: 'policy_warned', detail }),
}

const placeOf = ({ id }: StreamEvent): number => Number(id.split('-')[1])

/** A client that drops and returns, and what it got: places of events, or `reset`. */
class Client {
  readonly got: (number | 'reset')[] = []
  #after: string | null
  #end: (() => void) | null = null

  constructor(after: string | null = null) {
    this.#after = after
  }

  /** Opens its stream, and drops it after that many events at the latest. */
  open(hub: EventHub, kinds: readonly EventKind[], most: number): void {
    this.drop()
    let left = most
    const end = hub.follow({ after: this.#after, kinds }, (event) => {
      if (left === 0) return
      left -= 1
      this.#after = event.id
      this.got.push(event.type === 'reset' ? 'reset' : placeOf(event))
    })
    this.#end = end
  }

  drop(): void {
    this.#end?.()
    this.#end = null
  }
}

const step = fc.oneof(
  fc.record({ do: fc.constant('emit' as const), kind: fc.constantFrom(...eventKinds) }),
  fc.record({ do: fc.constant('open' as const), most: fc.nat(8) }),
  fc.record({ do: fc.constant('drop' as const) }),
)
const steps = fc.array(step, { maxLength: 120 })
type Steps = typeof steps extends fc.Arbitrary<infer T> ? T : never
const chosen = fc.uniqueArray(fc.constantFrom(...eventKinds), { minLength: 1 })

/** Runs the steps, lets the client return at last, and gives what it got and the places of what it asked for. */
function ran(keeps: number, kinds: readonly EventKind[], did: Steps) {
  const hub = hubOf(keeps)
  const client = new Client('run-0')
  const places: number[] = []
  let place = 0
  for (const one of did) {
    if (one.do === 'open') client.open(hub, kinds, one.most)
    if (one.do === 'drop') client.drop()
    if (one.do !== 'emit') continue
    place += 1
    reports[one.kind](hub.emit, String(place))
    if (kinds.includes(one.kind)) places.push(place)
  }
  client.open(hub, kinds, Number.POSITIVE_INFINITY)
  return { got: client.got, places }
}

test('a client that drops and returns gets each event of its kinds once and in order', () => {
  fc.assert(
    fc.property(chosen, steps, (kinds, did) => {
      const { got, places } = ran(1_000, kinds, did)
      expect(got).toEqual(places)
    }),
  )
})

test('a client that was away for too long is told to reset, and still gets nothing twice', () => {
  fc.assert(
    fc.property(chosen, steps, (kinds, did) => {
      const { got, places } = ran(3, kinds, did)
      const events = got.filter((one) => one !== 'reset')
      expect(events).toEqual([...new Set(events)].sort((one, other) => one - other))
      // Every gap has a reset before it.
      let last = 0
      let isReset = false
      for (const one of got) {
        if (one === 'reset') isReset = true
        else {
          if (!isReset) expect(places.filter((place) => place > last && place < one)).toEqual([])
          last = one
          isReset = false
        }
      }
      if (!isReset) expect(places.filter((place) => place > last)).toEqual([])
    }),
  )
})

test.each(['earlier-5', 'run-99', 'run-', 'run-1.5', '17', ''])(
  'an id that this run has not given, %j, leads to a reset and all that is kept',
  (id) => {
    const hub = hubOf(10)
    for (const detail of ['1', '2']) reports.tasks(hub.emit, detail)
    const client = new Client(id)
    client.open(hub, eventKinds, 10)
    expect(client.got).toEqual(['reset', 1, 2])
  },
)

test('a new client gets all that is kept, without a reset', () => {
  const hub = hubOf(2)
  for (const detail of ['1', '2', '3']) reports.tasks(hub.emit, detail)
  const client = new Client()
  client.open(hub, eventKinds, 10)
  expect(client.got).toEqual([2, 3])
})

test('the pieces of a long answer push out no event of another kind, and no client is reset that did not ask for them', () => {
  const hub = eventHub(silentLog, () => 7)
  reports.tasks(hub.emit, '1')
  for (let piece = 0; piece < 2 * limits.events_kept_max; piece++) reports.text(hub.emit, 'x')
  const client = new Client(`${idOf(hub)}-0`)
  client.open(hub, ['tasks', 'peers'], 10)
  expect(client.got).toEqual([1])
})

test('events of one kind are kept within their bytes, however long they are', () => {
  const hub = eventHub(silentLog, () => 7)
  for (let piece = 0; piece < 100; piece++) reports.text(hub.emit, 'x'.repeat(65_536))
  const kept: StreamEvent[] = []
  hub.follow({}, (event) => void kept.push(event))
  const bytes = Buffer.byteLength(JSON.stringify(kept))
  expect(bytes).toBeGreaterThan(limits.events_kept_bytes_max / 2)
  expect(bytes).toBeLessThan(limits.events_kept_bytes_max * 1.1)
  expect(kept.at(-1)?.id).toMatch(/-100$/)
})

test('an event goes to the log at its level, to the history and to the stream as the catalogue says', () => {
  const lines: unknown[][] = []
  const line = (level: string) => (fields: unknown, words: string) => lines.push([level, fields, words])
  const log = { debug: line('debug'), info: line('info'), warn: line('warn') } as unknown as Log
  const history: unknown[] = []
  const hub = eventHub(log, () => 7, { run: 'run', history: { write: (line) => void history.push(line) } })
  const streamed: unknown[] = []
  hub.follow({}, (event) => void streamed.push(event))
  const cause = new Error('why')
  const failed = { type: 'beat_failed', code: 'C', detail: 'why' } as const
  hub.emit(failed, cause)
  hub.emit({ type: 'task_text', task_key: 'k', text: 'secret' })
  const fact = { type: 'offered', task: 't', to: 'bob' } as const
  hub.record({ ...fact, agent: 'me', at: 3 })
  expect(lines).toEqual([
    ['warn', { ...failed, err: cause }, 'the presence of this machine could not be sent'],
    ['debug', fact, 'a task was offered to a peer'],
  ])
  expect(history).toEqual([`${JSON.stringify({ ...fact, agent: 'me', at: 3 })}\n`])
  expect(streamed).toEqual([
    { id: 'run-1', at: 7, ...failed },
    { id: 'run-2', at: 7, type: 'task_text', task_key: 'k', text: 'secret' },
  ])
})

/** The name of a hub's run. */
function idOf(hub: EventHub): string {
  let id = ''
  hub.follow({}, (event) => {
    id = event.id
  })()
  return id.split('-')[0] ?? ''
}
