/** What five idle peers cost, beside five raw conductors with the same settings. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { statCpuMs } from '../../host/processes/read-cpu.ts'
import type { Figure } from './figure.ts'
import { bounds, PATIENCE_MS, type Scenario } from './scenario.ts'
import { Site } from './site.ts'
import { isWhole, views } from './whole.ts'

/** Seconds before a measurement and of it; shorter without --full. */
const full = { settle: 120, measured: 300 }
const brief = { settle: 40, measured: 60 }

/** The programs of a host, each by a piece of its command line. A raw conductor's helper is none of them. */
const programs = {
  conductor: /^\S*holochain /,
  daemon: /^ripple up |\/ripple\.mjs up /,
  engine: /host\/engine\/child/,
  server: /^\S*kitsune2-bootstrap-srv /,
} as const

type Program = keyof typeof programs

/** What a set of hosts used in the measured time: bytes over their cables, and CPU by program, in milliseconds. */
interface Cost {
  readonly bytes: number
  readonly cpu_ms: Readonly<Record<Program, number>>
}

export const idle: Scenario = {
  name: 'idle',
  about: 'bytes and CPU of five idle peers, beside five raw conductors with the same settings',
  run: async (run) => {
    const { say } = run
    const times = run.full ? full : brief
    await using site = await Site.open({
      ...run,
      engines: ['llama', 'llama', 'llama', 'llama', 'llama'],
    })
    await site.install()
    await site.up()
    if ((await site.until(performance.now(), PATIENCE_MS, () => isWhole(site.hosts))) === null)
      throw new TypeError(`the mesh did not become whole: ${await views(site.hosts)}`)
    const ours = await measure(site, times)
    say(`daemons: ${text(ours)}`)
    await Promise.all(site.hosts.map((host) => host.down()))
    await site.reset()
    await using _conductors = await rawConductors(site)
    const raw = await measure(site, times)
    say(`raw: ${text(raw)}`)
    return figures(ours, raw, 1_000 * times.measured * site.hosts.length)
  },
}

/** Lets the hosts come to rest, and measures them. */
async function measure(site: Site, { settle, measured }: typeof full): Promise<Cost> {
  await site.rest(settle * 1_000)
  const before = look(site)
  await site.rest(measured * 1_000)
  const after = look(site)
  const cpu_ms = { conductor: 0, daemon: 0, engine: 0, server: 0 }
  for (const { pid, command, ms } of after.processes) {
    const used = ms - (before.processes.find((one) => one.pid === pid)?.ms ?? 0)
    for (const name of Object.keys(cpu_ms) as Program[])
      if (programs[name].test(command)) cpu_ms[name] += used
  }
  return { bytes: after.bytes - before.bytes, cpu_ms }
}

/** The counters of all hosts: bytes over their cables, and the CPU of each process since its start. */
function look({ hosts, lan }: Site) {
  const processes = hosts.flatMap((host) => host.processes().map((one) => ({ ...one, ms: cpuMs(one.pid) })))
  return { bytes: hosts.reduce((sum, { place }) => sum + lan.traffic(place.index), 0), processes }
}

function cpuMs(pid: number): number {
  try {
    return statCpuMs(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? 0
  } catch {
    return 0
  }
}

/**
 * Runs a conductor on each host, on the data folder that its daemon has left. The first host runs the server, as one of the
 * peers does: whatever two others say to each other crosses its cable twice.
 */
async function rawConductors(site: Site): Promise<AsyncDisposable> {
  await using opening = new AsyncDisposableStack()
  const url = await site.serve(site.hosts[0]?.machine, site.lan.addresses[0])
  const script = join(import.meta.dirname, 'raw-host.ts')
  const starting = site.hosts.map(async ({ machine, data }) => {
    const [program = '', ...args] = [
      ...machine.prefix,
      process.execPath,
      '--import',
      'tsx',
      script,
      JSON.stringify({ data, url }),
    ]
    const child = spawn(program, args, {
      env: { ...process.env, ...machine.env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const ended = new Promise<void>((done) => child.on('close', () => done()))
    opening.defer(() => {
      child.stdin.end()
      return ended
    })
    const ready = new Promise<true>((done) => child.stdout.once('data', () => done(true)))
    if (!(await Promise.race([ready, ended]))) throw new TypeError('a raw conductor did not start')
  })
  await Promise.all(starting)
  const stack = opening.move()
  return { [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** The figures; `ms` is the measured time of all hosts together. */
function figures(ours: Cost, raw: Cost, ms: number): Figure[] {
  const share = (...names: Program[]) => names.reduce((sum, name) => sum + (100 * ours.cpu_ms[name]) / ms, 0)
  const both = ours.cpu_ms.conductor + ours.cpu_ms.daemon
  return [
    {
      what: 'bytes, beside raw',
      unit: '',
      values: [ours.bytes / raw.bytes],
      bound: { most: bounds.idle_bytes_ratio },
    },
    {
      what: 'CPU of conductor and daemon, beside raw',
      unit: '',
      values: [both / raw.cpu_ms.conductor],
      bound: { most: bounds.idle_cpu_ratio },
    },
    {
      what: 'conductor and daemon of one peer',
      unit: '% of a core',
      values: [share('conductor', 'daemon')],
      bound: { most: bounds.idle_core_percent },
    },
    { what: 'its daemon alone', unit: '% of a core', values: [share('daemon')], bound: null },
    { what: 'its engine', unit: '% of a core', values: [share('engine')], bound: null },
    {
      what: 'a raw conductor',
      unit: '% of a core',
      values: [(100 * raw.cpu_ms.conductor) / ms],
      bound: null,
    },
    { what: 'bytes of one peer, both ways', unit: 'KiB/s', values: [ours.bytes / 1.024 / ms], bound: null },
  ]
}

/** A cost as a line. */
function text({ bytes, cpu_ms }: Cost): string {
  const cpu = Object.entries(cpu_ms).map(([name, ms]) => `${name} ${ms} ms`)
  return `${bytes} bytes, ${cpu.join(', ')}`
}
