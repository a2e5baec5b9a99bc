import { readFileSync } from 'node:fs'

/**
 * When a process began, in ticks since its machine was started; null where the system does not tell, which Linux alone does
 * cheaply. With its id it tells a process from a later one of the same id, as containers have them at each start.
 */
export function processStart(pid: number): string | null {
  if (process.platform !== 'linux') return null
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program, in parentheses, may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
