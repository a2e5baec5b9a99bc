import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** Why no certificate can be made here, or null when one can: it takes openssl. */
export const certificateProblem = (): string | null =>
  spawnSync('openssl', ['version']).status === 0 ? null : 'the program openssl is missing'

/** Makes a certificate for `localhost` and its key in a folder, valid for two days. */
export function makeCertificate(folder: string, name = 'own'): { cert: string; key: string } {
  const [cert, key] = [join(folder, `${name}.cert.pem`), join(folder, `${name}.key.pem`)]
  const files = ['-keyout', key, '-out', cert, '-days', '2']
  const names = [
    '-subj',
    '/CN=ripple',
    '-addext',
    'subjectAltName=IP:127.0.0.1,DNS:*.example.org,DNS:localhost',
  ]
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync('openssl', ['req', ...kind, ...files, ...names], { stdio: 'ignore' })
  return { cert, key }
}
