import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { catalogue } from '../../../host/telemetry/catalogue.ts'

const host = new URL('../../../host/', import.meta.url).pathname
const sources = readdirSync(host, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && path !== join('telemetry', 'catalogue.ts'))
  .map((path) => ({ path, text: readFileSync(join(host, path), 'utf8') }))

test.each(Object.keys(catalogue))('%s is reported somewhere', (name) => {
  expect(sources.filter(({ text }) => text.includes(`type: '${name}'`)).map(({ path }) => path)).not.toEqual(
    [],
  )
})

test('only the hub writes to the log', () => {
  const writing = sources.filter(({ text }) => /\blog\??\.(debug|info|warn|error|fatal|trace)\(/.test(text))
  expect(writing.map(({ path }) => path)).toEqual([])
})

/** Fields that the log uses itself, or hides. */
const ofLog = 'err msg level time token passphrase prompt payload salt key secret authorization'.split(' ')

test.each(Object.entries(catalogue))(
  '%s has a sentence, and no field that the envelope, the log or its redaction takes',
  (_name, { kind, about, fields }) => {
    expect(about).toMatch(/[^.]$/)
    const taken = [...ofLog, 'type', ...(kind === null ? [] : ['id', 'at'])]
    expect(Object.keys(fields.shape).filter((field) => taken.includes(field))).toEqual([])
  },
)
