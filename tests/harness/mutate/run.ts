/** Sends a daemon mutated requests in a seeded order, and says how it answered. */
import { setTimeout as sleep } from 'node:timers/promises'
import { tree } from '../processes.ts'
import { Prng } from '../sim/random.ts'
import { doorsOf, type Subject } from './calls.ts'
import { mutate, type Target, type Wire } from './mutate.ts'
import { type Outcome, send } from './send.ts'

/** What is sent, and where to. */
export interface Plan extends Target {
  /** The port of Ollama's API. */
  readonly ollamaPort: number
  readonly pid: number
  readonly subject: Subject
  readonly seed: number
  readonly requests: number
  /** The requests after which memory is measured first. */
  readonly warm: number
}

/** How a daemon answered. */
export interface Report {
  readonly requests: number
  readonly seconds: number
  /** Counts of answers by status, or by how the connection ended without one. */
  readonly statuses: Readonly<Record<string, number>>
  readonly slowest: readonly string[]
  /** Resident memory of the daemon's own process without garbage, in MiB. */
  readonly warm_mib: number
  readonly end_mib: number
  /** The requests that were answered as none may be, each with its number. */
  readonly faults: readonly string[]
}

/** Requests that are under way at a time. */
const AT_ONCE = 8
/** Looks at the memory, and the pause before each in milliseconds. */
const LOOKS = 5
const LOOK_MS = 500
const FAULTS_MAX = 50
const SHOWN_CHARS = 1_200

/** Sends all requests. Each is made from the seed and its number alone. */
export async function sendMutated({
  pid,
  subject,
  seed,
  requests,
  warm,
  ollamaPort,
  ...own
}: Plan): Promise<Report> {
  const begun = performance.now()
  const doors = Object.entries(doorsOf(subject))
  const statuses: Record<string, number> = {}
  const slow: (readonly [ms: number, what: string])[] = []
  const faults: string[] = []
  const one = async (number: number): Promise<void> => {
    const random = new Prng(seed + number)
    const [name, door] = random.pick(doors)
    const target = name === 'ollama' ? { ...own, port: ollamaPort } : own
    const wire = mutate(door(random), target, random)
    const outcome = await send(wire, target.port)
    const { status, end, ms } = outcome
    const key = String(status ?? end)
    statuses[key] = (statuses[key] ?? 0) + 1
    slow.push([ms, `${Math.round(ms)} ms: ${number} ${name} ${key}`])
    slow.sort(([a], [b]) => b - a).splice(5)
    const fault = faultOf(wire, outcome)
    if (fault !== null && faults.length < FAULTS_MAX)
      faults.push(
        `${number} (${name}; ${wire.how.join(', ')}): ${fault}\n${shown(wire)}\n-> ${outcome.text.slice(0, SHOWN_CHARS)}`,
      )
  }
  const range = async (from: number, to: number): Promise<void> => {
    let next = from
    const lane = async (): Promise<void> => {
      while (next < to) await one(next++)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
  }
  await range(0, warm)
  const warm_mib = await memoryOf(pid)
  await range(warm, requests)
  const end_mib = await memoryOf(pid)
  const seconds = Math.round((performance.now() - begun) / 1_000)
  return { requests, seconds, statuses, slowest: slow.map(([, what]) => what), warm_mib, end_mib, faults }
}

/** The errors of this machine that answer a request all the same, each by the HTTP status of its code. */
const allowed: ReadonlySet<number> = new Set([501, 502, 503, 504])

/** A body that is still on its way may keep its sender from reading a refusal by the head (RFC 9112, 9.6). */
const LARGE_BYTES = 65_536

/** Returns what is wrong about an answer; null for a good one. */
function faultOf({ pieces, leaves }: Wire, { status, end, text }: Outcome): string | null {
  const isLarge = pieces.reduce((sum, { length }) => sum + length, 0) > LARGE_BYTES
  if (end === 'silent') return 'no answer'
  if (end === 'closed' && leaves === 'stays' && !isLarge) return 'closed without an answer'
  if (status !== null && status >= 500 && !allowed.has(status)) return `the status ${status}`
  if (status !== null && status >= 500 && !/RIPPLE_[A-Z_]+/.test(text))
    return `the status ${status} without a code`
  return isInternal(text) ? 'an internal error' : null
}

/**
 * Whether a door of JSON-RPC answers its own fault, which it does with 200. MCP's SDK 2.4.0 has the code of one for parameters
 * that it refuses by their form, with zod's list as the message.
 */
function isInternal(text: string): boolean {
  return /\\?"code\\?":(\\?"RIPPLE_INTERNAL|-32603,"message":"(?!\[))/.test(text)
}

function shown({ pieces }: Wire): string {
  return Buffer.concat(pieces).toString('latin1').slice(0, SHOWN_CHARS)
}

/** Returns the least resident memory of a process within some seconds, in MiB, while it collects its garbage at SIGUSR2. */
async function memoryOf(pid: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let look = 0; look < LOOKS; look += 1) {
    process.kill(pid, 'SIGUSR2')
    await sleep(LOOK_MS)
    least = Math.min(least, tree(pid)[0]?.rssMib ?? 0)
  }
  return least
}
