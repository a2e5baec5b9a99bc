// Runs the conformance suite of MCP's project over the suite's own example server, which is served by the daemon's routes.
import { execa } from 'execa'
import { conformance } from './install.ts'
import { serveExample } from './mcp-example.ts'

/** Longest time of all scenarios, in milliseconds: they take 5 s where nothing else runs. */
const SUITE_MS = 120_000

/** Runs the scenarios that the words choose. Returns the suite's exit code, and its summary. */
export async function conform(...words: string[]): Promise<{ code: number | undefined; summary: string }> {
  const { url, close } = await serveExample()
  try {
    const asked = [conformance, 'server', '--url', url, ...words]
    const ran = await execa(process.execPath, asked, { timeout: SUITE_MS, all: true, reject: false })
    return { code: ran.exitCode, summary: ran.all.slice(ran.all.indexOf('=== SUMMARY')) }
  } finally {
    await close()
  }
}
