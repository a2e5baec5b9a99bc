// Asks a daemon's /v1 for many answers at a time: run inside that daemon's machine, with an `Asked` as its only word.
import { readFile } from 'node:fs/promises'

/** The work of the caller. */
export interface Asked {
  readonly url: string
  readonly key_file: string
  readonly model: string
  /** Answers in all, and those that are open at a time. */
  readonly count: number
  readonly open: number
  /** Tokens of each answer. */
  readonly tokens: number
}

/** What came of it. */
export interface Answered {
  /** Tokens of all answers, and the time until the last of them. */
  readonly tokens: number
  readonly ms: number
}

async function askAll({ url, key_file, model, count, open, tokens }: Asked): Promise<Answered> {
  const key = (await readFile(key_file, 'utf8')).trim()
  let left = count
  let got = 0
  const lane = async () => {
    while (left > 0) {
      left -= 1
      const answer = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          model,
          max_tokens: tokens,
          messages: [{ role: 'user', content: `Count to ${tokens}, and then on: ${left}.` }],
        }),
      })
      const document = (await answer.json()) as { usage?: { completion_tokens: number } }
      if (!answer.ok || !document.usage) throw new TypeError(`${answer.status}: ${JSON.stringify(document)}`)
      got += document.usage.completion_tokens
    }
  }
  const begun = performance.now()
  await Promise.all(Array.from({ length: open }, lane))
  return { tokens: got, ms: performance.now() - begun }
}

process.stdout.write(JSON.stringify(await askAll(JSON.parse(process.argv[2] ?? '{}') as Asked)))
