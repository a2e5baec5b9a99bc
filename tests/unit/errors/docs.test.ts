import { readdirSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { apiPage } from '../../../host/api/docs-api.ts'
import { RippleError, toRippleError } from '../../../host/errors/ripple-error.ts'
import type { ErrorRow } from '../../../host/errors/row.ts'
import { errors } from '../../../host/errors/table.ts'
import { pages } from '../../../host/operations/docs.ts'

const table: Readonly<Record<string, ErrorRow>> = errors

describe('the error table', () => {
  it.each(Object.entries({ ...pages(), 'docs/API.md': apiPage() }))(
    '%s is up to date: npm run docs:build',
    (path, text) => {
      expect(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')).toBe(text)
    },
  )

  it.each(Object.entries(table))('%s has a message, a hint, a status and an exit code', (code, row) => {
    expect(code).toMatch(/^RIPPLE_[A-Z0-9_]+$/)
    expect(row.message).not.toMatch(/\.$/)
    expect(row.hint.length).toBeGreaterThan(3)
    expect(row.http).toBeGreaterThanOrEqual(400)
    expect([1, 2, 3, 4, 5, 130]).toContain(row.exit)
  })

  it.each(Object.entries(table).filter(([, { http }]) => http === 429))(
    '%s says when to retry, by the fact that becomes Retry-After',
    (_code, row) => expect(row.hint).toContain('{retry_after_s} s'),
  )

  it('the error table has the codes of set-up, which cannot import it', () => {
    const folder = new URL('../../../host/setup/', import.meta.url)
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    const sources = names
      .filter((name) => name.endsWith('.mjs'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    const codes = new Set(sources.flatMap((text) => text.match(/RIPPLE_SETUP_[A-Z]+/g) ?? []))
    expect([...codes].sort()).toEqual(
      Object.keys(table)
        .filter((code) => code.startsWith('RIPPLE_SETUP_'))
        .sort(),
    )
  })

  it('messages and hints are filled from the facts', () => {
    const error = new RippleError('RIPPLE_MODEL_MISSING', { model: 'm' })
    expect(error.message).toBe("the model 'm' is not on this machine")
    expect(error.hint).toContain('ripple model pull m')
  })

  it('a full disk has its own code', () => {
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', path: '/data' })
    expect(toRippleError(full).code).toBe('RIPPLE_DISK_FULL')
  })

  it("a full disk is recognised by SQLite's error", () => {
    using db = new DatabaseSync(':memory:')
    db.exec('PRAGMA max_page_count=1')
    const full = (() => {
      try {
        db.exec('CREATE TABLE heads (dna)')
      } catch (thrown) {
        return thrown
      }
    })()
    expect(toRippleError(full).code).toBe('RIPPLE_DISK_FULL')
  })

  it("an aborted signal's reason is found in Node's wrapper", async () => {
    const reason = new RippleError('RIPPLE_INTERRUPTED')
    const wrapped = await sleep(1_000, undefined, { signal: AbortSignal.abort(reason) }).catch(
      (e: unknown) => e,
    )
    expect(wrapped).not.toBe(reason)
    expect(toRippleError(wrapped)).toBe(reason)
  })

  it.each(['EACCES', 'EROFS'])('the path that %s is about is named', (code) => {
    const error = toRippleError(
      Object.assign(new Error(`${code}: open '/data/x'`), { code, path: '/data/x' }),
    )
    expect(error).toMatchObject({ code: 'RIPPLE_FILE_UNWRITABLE', facts: { file: '/data/x' } })
  })
})
