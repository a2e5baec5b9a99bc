import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ready } from '../../host/operations/local.ts'
import { statCpuMs } from '../../host/processes/read-cpu.ts'
import { here, running } from '../harness/peer.ts'
import { type Listed, tree } from '../harness/processes.ts'
import { warmData } from '../harness/warm-data.ts'
import { round } from './compare.ts'

/** Measures the cost of an idle peer: CPU and memory of the daemon and its children, with one other peer online. */
export async function measure({ settle, seconds }: { settle: number; seconds: number }): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'ripple-idle-'))
  try {
    await using server = await running<{ url: string }>(here, 'relay', '--data', join(folder, 'server'))
    const up = async (name: string) => {
      const words = ['--data', await warmData(folder, name), '--name', name, '--port', '0']
      return running<Ready>(here, 'up', ...words, '--bootstrap', server.ready.url)
    }
    await using first = await up('first')
    await using _second = await up('second')
    await sleep(settle * 1_000)
    const before = look(first.ready.pid)
    await sleep(seconds * 1_000)
    const processes = look(first.ready.pid).map(({ pid, name, rssMib, cpu }) => {
      const used = cpu - (before.find((one) => one.pid === pid)?.cpu ?? 0)
      return { name, cpu_percent: round((used / seconds) * 100), rss_mib: rssMib }
    })
    const sum = (pick: (one: (typeof processes)[number]) => number) =>
      round(processes.reduce((total, one) => total + pick(one), 0))
    return { processes, cpu_percent: sum((one) => one.cpu_percent), rss_mib: sum((one) => one.rss_mib) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The processes of a peer, with the CPU time that each has used since it started, in seconds. */
function look(root: number): (Listed & { readonly cpu: number })[] {
  return tree(root).map((process) => ({ ...process, cpu: cpuSeconds(process.pid) }))
}

/** `ps` rounds CPU time to whole seconds; the kernel's own count is in hundredths. */
function cpuSeconds(pid: number): number {
  try {
    return (statCpuMs(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? 0) / 1_000
  } catch {
    return 0
  }
}
