/** Writes Ripple's errors in A2A's form. */
import { JsonRpcTransportError, RequestMalformedError, TaskNotFoundError } from '@a2a-js/sdk/errors'
import type { RippleError } from '../../errors/ripple-error.ts'

/** JSON-RPC's code for an error that the protocol does not define. */
const SERVER_ERROR = -32_000

/** Returns an error of A2A with Ripple's message and hint; its data names Ripple's code. */
export function a2aError(error: RippleError): Error {
  const { code, message, hint, http } = error
  const metadata = { code, hint }
  if (code === 'RIPPLE_TASK_UNKNOWN') return new TaskNotFoundError({ message, metadata })
  if (http === 400) return new RequestMalformedError({ message, metadata })
  return new JsonRpcTransportError({
    jsonrpc: '2.0',
    id: null,
    error: {
      code: SERVER_ERROR,
      message: `${message} [${code}]: ${hint}`,
      data: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code, domain: 'ripple' }],
    },
  })
}
