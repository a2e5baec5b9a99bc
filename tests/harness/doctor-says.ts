/** Types `ripple doctor` as a person does, and reads its conclusion. */
import type { Finding } from '../../host/types/finding.ts'
import { type Machine, ripple } from './peer.ts'

/** What doctor concludes. */
export interface Conclusion {
  /** The check that names the most likely cause; null if it names none. */
  readonly cause: string | null
  /** The last line. */
  readonly sentence: string
}

/** Runs `ripple doctor` with these words, and returns its conclusion. Throws with all output if it gives none. */
export async function doctorSays(machine: Machine, ...words: string[]): Promise<Conclusion> {
  const { code, stdout, stderr } = await ripple(machine, 'doctor', ...words, '--json')
  const said = JSON.parse(stdout || '{}') as {
    checks?: Finding[]
    cause?: Finding | null
    conclusion?: string
  }
  const isFail = said.checks?.some(({ level }) => level === 'fail')
  if (said.conclusion === undefined || code !== (isFail ? 1 : 0))
    throw new TypeError(`ripple doctor ${words.join(' ')} gave ${code}:\n${stdout}${stderr}`)
  return { cause: said.cause?.name ?? null, sentence: said.conclusion }
}

/** Returns the line that `ripple doctor --code` prints, which people paste on another machine. */
export async function doctorCode(machine: Machine, ...words: string[]): Promise<string> {
  return (await ripple(machine, 'doctor', '--code', ...words)).stdout.trim()
}
