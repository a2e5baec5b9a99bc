// Runs the checks of a client's script one after the other, and prints a line for each.

/** Runs one check: a failure is printed and counted, and the checks after it still run. */
export async function check(name, run) {
  const begun = performance.now()
  try {
    await run()
    console.log(`ok: ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`)
  } catch (thrown) {
    process.exitCode = 1
    console.log(`FAILED: ${name}`)
    console.log(thrown instanceof Error ? thrown.stack : thrown)
  }
}

/** What the test tells a script beside OPENAI_BASE_URL and OPENAI_API_KEY, which clients read themselves. */
export const { MODEL: model, SCRIPTED_MODEL: scripted } = process.env
