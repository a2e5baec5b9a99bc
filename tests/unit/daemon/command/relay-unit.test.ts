/** The unit of a meeting point, and the files of TLS that it names. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { unitText } from '../../../../host/daemon/command/relay-unit.ts'
import { readTlsFiles } from '../../../../host/daemon/machine/tls-files.ts'
import { RippleError } from '../../../../host/errors/ripple-error.ts'
import { certificateProblem, makeCertificate } from '../../../harness/certificate.ts'

const problem = certificateProblem()
const why = problem === null ? '' : ` (${problem})`

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ripple-unit-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const thrown = (cert: string, key: string, now?: number): string => {
  try {
    readTlsFiles({ cert, key }, now)
  } catch (error) {
    return error instanceof RippleError ? `${error.code} ${error.message}` : String(error)
  }
  return 'nothing'
}

test.skipIf(problem !== null)(`files of TLS are refused with the reason${why}`, () => {
  const own = makeCertificate(folder)
  const other = makeCertificate(folder, 'other')
  const text = join(folder, 'text.pem')
  writeFileSync(text, 'no certificate')
  expect(readTlsFiles(own)).toEqual({ ...own, name: 'localhost' })
  expect(thrown(own.cert, other.key)).toContain(`it is not the key of ${own.cert}`)
  expect(thrown(own.cert, own.key, Date.now() + 3 * 86_400_000)).toContain('it expired on')
  expect(thrown(text, own.key)).toContain(`RIPPLE_FILE_UNREADABLE ${text} cannot be read`)
  expect(thrown(own.cert, text)).toContain(`RIPPLE_FILE_UNREADABLE ${text} cannot be read`)
  expect(thrown(join(folder, 'none.pem'), own.key)).toContain('RIPPLE_FILE_UNREADABLE')
})

const tls = { cert: '/etc/ripple/a cert.pem', key: '/etc/ripple/50%.pem', name: null }
const service = { program: '/bin/true', listen: '0.0.0.0:443', port: 443, user: 'root', tls }

test('a unit runs the server itself, hands it the key and names its privilege for a low port', () => {
  const unit = unitText(service)
  expect(unit).toContain(
    'ExecStart=:"/bin/true" --listen "0.0.0.0:443" --tls-cert %d/cert.pem --tls-key %d/key.pem\n',
  )
  expect(unit).toContain('LoadCredential=cert.pem:/etc/ripple/a cert.pem\n')
  expect(unit).toContain('LoadCredential=key.pem:/etc/ripple/50%%.pem\n')
  expect(unit).toContain('AmbientCapabilities=CAP_NET_BIND_SERVICE\n')
  expect(unitText({ ...service, port: 41_000, tls: null })).not.toMatch(
    /CAP_NET_BIND_SERVICE|LoadCredential|tls/,
  )
})

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0
test.skipIf(!analyze)('systemd accepts the unit (skipped without systemd-analyze)', () => {
  const file = join(folder, 'ripple-relay.service')
  writeFileSync(file, unitText(service))
  // It prints what it does not understand, and fails for that.
  expect(execFileSync('systemd-analyze', ['verify', file], { encoding: 'utf8', stdio: 'pipe' })).toBe('')
})
