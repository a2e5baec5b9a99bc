/** Calls daemons for another process: it runs in the network namespace whose loopback they listen on. */
import { findDaemon } from '../../host/cli/client.ts'
import { RippleError, toRippleError } from '../../host/errors/ripple-error.ts'
import type { Answer, Call } from './calls.ts'

process.on('message', (call: Call) => void answer(call))
process.on('disconnect', () => process.exit())
// Ctrl-C is its parent's business.
process.on('SIGINT', () => {})

async function answer({ id, data, verb, input, ms }: Call): Promise<void> {
  const reply = (said: Answer): void => void process.send?.(said)
  const late = AbortSignal.timeout(ms)
  try {
    const daemon = await findDaemon(data)
    reply({ id, ok: true, value: await daemon.call(verb, input, late) })
  } catch (thrown) {
    const { code, message } = late.aborted
      ? new RippleError('RIPPLE_TIMEOUT', { what: `'${verb}'`, ms })
      : toRippleError(thrown)
    reply({ id, ok: false, code, message })
  }
}
