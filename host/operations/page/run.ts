/** Runs the operations that open the page. */
import type { Context } from '../context.ts'
import type { Local } from '../local.ts'
import { type Handler, handle } from '../operation.ts'
import { callOperation } from '../remote.ts'
import { openPage, pageCode } from './shape.ts'

/** The operation of the daemon, which makes a code. */
export const pageCodeHandler: Handler<Context> = handle(
  pageCode,
  async (context: Context, _given, signal) => {
    const { api } = await context.status(signal)
    return { url: `${api.url}/`, code: context.pageKeys.code() }
  },
)

/** The operation of the command, which starts a browser. */
export const openHandler: Handler<Local> = handle(openPage, async (local: Local, given, signal) => {
  const page = await callOperation(local, pageCode, {}, signal)
  // The code is in the fragment, which a browser never sends; the page removes it from its address at once.
  const url = `${page.url}#code=${page.code}`
  const opened = !given.print && (await local.browse(url, signal))
  return { url: opened ? page.url : url, opened }
})
