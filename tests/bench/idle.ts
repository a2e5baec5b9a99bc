import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Ready } from '../../host/operations/local.ts'
import { here, running } from '../harness/peer.ts'
import { type Listed, tree } from '../harness/processes.ts'
import { warmData } from '../harness/warm-data.ts'

// What an idle peer costs: CPU and memory of the daemon and everything under it, with one other peer online.
// Usage: npx tsx tests/bench/idle.ts [--settle SECONDS] [--seconds SECONDS]

const { values } = parseArgs({
  options: { settle: { type: 'string', default: '30' }, seconds: { type: 'string', default: '60' } },
})
const [settle, seconds] = [Number(values.settle), Number(values.seconds)]

const folder = await mkdtemp(join(tmpdir(), 'ripple-idle-'))
try {
  await using server = await running<{ url: string }>(here, 'bootstrap', '--data', join(folder, 'server'))
  const up = async (name: string) => {
    const words = ['--data', await warmData(folder, name), '--name', name, '--port', '0']
    return running<Ready>(here, 'up', ...words, '--bootstrap', server.ready.url)
  }
  await using first = await up('first')
  await using _second = await up('second')
  await sleep(settle * 1_000)
  const before = measure(first.ready.pid)
  await sleep(seconds * 1_000)
  const after = measure(first.ready.pid)
  const cost = after.map((process) => ({
    name: process.name,
    cpu_percent: percent(process.cpu - (before.find(({ pid }) => pid === process.pid)?.cpu ?? 0)),
    rss_mib: process.rssMib,
  }))
  const sum = (pick: (one: (typeof cost)[number]) => number) =>
    round(cost.reduce((total, one) => total + pick(one), 0))
  process.stdout.write(
    `${JSON.stringify({ seconds, processes: cost, cpu_percent: sum((one) => one.cpu_percent), rss_mib: sum((one) => one.rss_mib) }, null, 2)}\n`,
  )
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** The processes of a peer, with the CPU time that each has used since it started, in seconds. */
function measure(root: number): (Listed & { readonly cpu: number })[] {
  return tree(root).map((process) => ({ ...process, cpu: cpuSeconds(process.pid) }))
}

function percent(cpuSeconds: number): number {
  return round((cpuSeconds / seconds) * 100)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** `ps` rounds CPU time to whole seconds; the kernel's own count is in hundredths. */
function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return 0
  }
}
