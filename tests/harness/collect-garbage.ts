/** Has a process collect its garbage at SIGUSR2, so that a test can measure the memory that it keeps. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Waits for the signal. The process runs with no other option than usual. */
export function collectGarbageAtSignal(): void {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  process.on('SIGUSR2', () => collect())
}
