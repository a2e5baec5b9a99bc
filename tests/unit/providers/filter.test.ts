import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type FindingKind, findingFamilies } from '../../../host/providers/filter/finding.ts'
import { filterText, maskOf, redact } from '../../../host/providers/filter/redact.ts'
import { scan } from '../../../host/providers/filter/scan.ts'

/** Keys are put together here, so that no scanner of repositories takes this file for a leak. */
const key = (beginning: string, length: number) =>
  beginning + 'aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY'.repeat(4).slice(0, length)
const pem = (label: string) => `-----BEGIN ${label}-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END ${label}-----`
const kinds = (text: string, own: string[] = []) => scan(text, own).map(({ kind }) => kind)
const found = (text: string) => scan(text).map(({ start, end }) => text.slice(start, end))

const rules = { secrets: 'mask', pii: 'mask' } as const

describe('secrets', () => {
  test.each<[FindingKind, string]>([
    ['api_key', key('sk-', 48)],
    ['api_key', key('sk-proj-', 60)],
    ['api_key', key('sk-ant-api03-', 90)],
    ['api_key', key('ghp_', 36)],
    ['api_key', key('github_pat_', 60)],
    ['api_key', key('glpat-', 20)],
    ['api_key', `AKIA${'ABCDEFGH12345678'}`],
    ['api_key', key('AIza', 35)],
    ['api_key', key('xoxb-', 40)],
    ['api_key', key('hf_', 34)],
    ['api_key', key('npm_', 36)],
    ['api_key', key('sk_live_', 24)],
    ['api_key', `${key('SG.', 22)}.${key('', 43)}`],
    ['api_key', key('hvs.', 30)],
    ['private_key', pem('PRIVATE KEY')],
    ['private_key', pem('OPENSSH PRIVATE KEY')],
    ['private_key', pem('EC PRIVATE KEY')],
    ['private_key', pem('PGP PRIVATE KEY BLOCK')],
    ['jwt', `${key('eyJ', 20)}.${key('eyJ', 40)}.${key('', 43)}`],
    ['bearer', key('', 32)],
    ['url_password', 'hunter-two'],
    ['assignment', 'hunter22'],
    ['assignment', key('', 40)],
  ])('a secret is found, %s: %s', (kind, secret) => {
    const before = {
      bearer: 'Authorization: Bearer ',
      url_password: 'postgres://me:',
      assignment: 'password=',
    }
    const lead = before[kind as keyof typeof before] ?? 'Here it is: '
    const text = `${lead}${secret}${kind === 'url_password' ? '@db/x' : ' and more'}`
    expect(kinds(text)).toEqual([kind])
    expect(found(text)).toEqual([secret])
  })

  test.each([
    'OPENAI_API_KEY="q7Zt4mPw9sXc2v"',
    "{'client_secret': 'q7Zt4mPw9sXc2v'}",
    '{"password": "q7Zt4mPw9"}',
    '{\\"db_password\\": \\"q7Zt4mPw9\\"}',
    'passwd := q7Zt4mPw9sXc2v',
    'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI7K7MDENGbPxRfiCYzzzzzzzz1',
    'private-key => q7Zt4mPw9sXc2v',
    'const apiKey = `q7Zt4mPw9sXc2v`',
    'aws_secret_access_key = /AbC1dE7fGhI2jKl9MnO0pQrS3tUvWxYz4aBcD5eF',
    'password: $ecretP4ss99',
    'password: "my-dog-Rex-2019!"',
    'password: %40q7Zt4mPw9',
    'token: .q7Zt4mPw9sXc2v',
    'pwd=~q7Zt4mPw9sXc2v',
  ])('an assigned secret is found: %s', (text) => expect(kinds(text)).toEqual(['assignment']))

  it('a password without a user in a URL is found', () => {
    expect(found('redis://:p4ssw0rd9x@redis:6379/0')).toEqual(['p4ssw0rd9x'])
  })

  it('a secret is found without its end and next to non-letters', () => {
    expect(kinds('-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA')).toEqual(['private_key'])
    expect(kinds(`url?key=1&x=${key('ghp_', 36)}&y`)).toEqual(['api_key'])
  })

  it('an own secret is found in any shape, each time that it occurs', () => {
    expect(kinds('say open sesame, then open sesame', ['open sesame'])).toEqual(['own_secret', 'own_secret'])
    expect(kinds('a short one in a text', ['a'])).toEqual([])
  })
})

describe('personal data', () => {
  test.each<[FindingKind, string]>([
    ['email', 'jane.doe+news@mail.example.org'],
    ['email', 'jürgen@müller.example'],
    ['email', `${'x'.repeat(80)}@example.org`],
    ['email', 'jane%40example.org'],
    ['email', 'jane%2Bnews%40mail.example.org'],
    ['phone', '+49 30 1234567'],
    ['phone', '+1 (555) 123-4567'],
    ['phone', '+442071838750'],
    ['phone', '0049 30 1234567'],
    ['phone', '555-123-4567'],
    ['phone', '(555) 123-4567'],
    ['phone', '0171 2345678'],
    ['phone', '030/123 45 67'],
    ['phone', '01 23 45 67 89'],
    ['phone', '1-212-555-0123'],
    ['phone', '1-800-555-0199'],
    ['phone', '1 (212) 555-0123'],
    ['phone', '06.12.34.56.78'],
    ['phone', '079.123.45.67'],
    ['phone', '0171.2345678'],
    ['phone', '0612345678'],
    ['phone', '01701234567'],
    ['phone', '015112345678'],
    ['phone', '(212) 555\u20130123'],
    ['phone', '+49 170\u20131234567'],
    ['iban', 'DE89 3704 0044 0532 0130 00'],
    ['iban', 'GB82WEST12345698765432'],
    ['iban', 'fr14 2004 1010 0505 0001 3M02 606'],
    ['iban', 'NO93-8601-1117-947'],
    ['card', '4111 1111 1111 1111'],
    ['card', '4111-1111-1111-1111'],
    ['card', '5500000000000004'],
    ['card', '3782 822463 10005'],
    ['card', '6011000990139424'],
    ['ip', '8.8.4.4'],
    ['ip', '2a00:1450:4001:81b::200e'],
  ])('personal data is found, %s: %s', (kind, text) => {
    expect(found(`It is ${text}, is it not?`)).toEqual([text])
    expect(kinds(`It is ${text}, is it not?`)).toEqual([kind])
  })

  it('personal data is found before a colon and behind a full stop', () => {
    const ip = '2a00:1450:4001:81b::200e'
    expect(found(`connect to ${ip}: Connection refused`)).toEqual([ip])
    expect(found(`${ip}:Connection refused`)).toEqual([ip])
    expect(found('0171 2345678: nobody there, 0612345678: busy')).toEqual(['0171 2345678', '0612345678'])
    expect(found('No.4111 1111 1111 1111')).toEqual(['4111 1111 1111 1111'])
  })

  it('personal data is found next to other numbers and words', () => {
    expect(found('12 4111 1111 1111 1111 999')).toEqual(['4111 1111 1111 1111'])
    expect(found('IBAN DE89370400440532013000 and DE89370400440532013000')).toHaveLength(2)
    expect(found('DE89 3704 0044 0532 0130 00 paid')).toEqual(['DE89 3704 0044 0532 0130 00'])
    expect(found('+49 30 1234567890123 2024')).toEqual(['+49 30 12345678901'])
  })
})

describe('escaped text in JSON', () => {
  const secrets = [
    key('sk-', 48),
    key('ghp_', 36),
    `AKIA${'ABCDEFGH12345678'}`,
    `${key('eyJ', 20)}.${key('eyJ', 40)}.${key('', 43)}`,
    `Bearer ${key('', 32)}`,
    'max@mail.example.org',
    '+49 30 1234567',
    '0171 2345678',
    '555-123-4567',
    'DE89 3704 0044 0532 0130 00',
    '4111 1111 1111 1111',
    '8.8.4.4',
    '2a00:1450:4001:81b::200e',
  ]
  const breaks = ['\n', '\t', '\r\n', '\b', '\f', '"', '\u2013', '<']
  const cases = secrets.flatMap((secret) => breaks.map((end) => [secret, end] as const))

  /** ASCII alone, as many programs write JSON. */
  const ascii = (text: string) =>
    text.replace(/[<\u0080-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)

  test.each(cases)('%s is found after %j, escaped once and twice', (secret, end) => {
    const bare = secret.replace('Bearer ', '')
    const once = ascii(JSON.stringify({ said: `first line${end}${secret}${end}last` }))
    for (const text of [once, JSON.stringify({ arguments: once })]) {
      const filtered = filterText(text, rules)
      expect(filtered.masked).toHaveLength(1)
      expect(filtered.text).not.toContain(bare)
      expect(() => JSON.parse(filtered.text)).not.toThrow()
    }
    expect(JSON.parse(filterText(once, rules).text).said).toMatch(
      new RegExp(`^first line${end}(Bearer )?\\[[a-z ]+\\]${end}last$`),
    )
  })

  it('a secret in something like a path is found', () => {
    for (const text of [`C:\\${key('npm_', 36)}`, `C:\\${key('r8_', 30)}`, 'C:\\token=q7Zt4mPw9sXc2v'])
      expect(kinds(text)).toHaveLength(1)
    expect(found('postgres://me:pa\\nss-word@db')).toEqual(['pa\\nss-word'])
    expect(kinds('say C:\\new', ['C:\\new'])).toEqual(['own_secret'])
  })

  it('masked JSON stays JSON if part of an escape was taken for a finding', () => {
    for (const said of ['\n@example.org', 'ä@example.org', 'password=\nhunter22', `\n${key('pm_', 36)}`]) {
      const { text, masked } = filterText(ascii(JSON.stringify({ said })), rules)
      expect(masked).toHaveLength(1)
      expect(JSON.parse(text).said).toMatch(/\[[a-z ]+\]$/)
    }
  })

  test.each([
    ...['\u00a0', '\u2000', '\u2003', '\u2007', '\u2009', '\u200a', '\u200b', '\u200e'],
    ...['\u202f', '\u205f', '\u2060', '\u3000', '\ufeff'],
  ])('a number is found with %j in it, as with a space', (space) => {
    for (const text of [
      '+49 30 1234567',
      '01 23 45 67 89',
      'DE89 3704 0044 0532 0130 00',
      '4111 1111 1111 1111',
    ])
      expect(found(`is ${text.replaceAll(' ', space)}.`)).toEqual([text.replaceAll(' ', space)])
  })

  test.each([...['\u00ad', '\u2010', '\u2011', '\u2012', '\u2013', '\u2212', '\ufe63', '\uff0d']])(
    'a number is found with %j in it, as with a hyphen',
    (hyphen) => {
      for (const text of ['4111-1111-1111-1111', '555-123-4567', '+49 170-1234567'])
        expect(found(`is ${text.replaceAll('-', hyphen)}.`)).toEqual([text.replaceAll('-', hyphen)])
    },
  )

  it('a mask begins where the finding does, also after an invisible character', () => {
    expect(found('token="\u200bq7Zt4mPw9"')).toEqual(['\u200bq7Zt4mPw9'])
  })
})

describe('text without findings', () => {
  test.each([
    'The password is required, and the token must be a string.',
    'password: required',
    'token: string;',
    'const token = process.env.API_TOKEN2',
    'api_key = os.environ["KEY1234567"]',
    `API_KEY=${'$'}{OPENAI_API_KEY_2}`,
    'secret: <your-secret-here-1234>',
    'password: xxxxxxxx1',
    'token_file: /run/secrets/token1234',
    'token_file=/opt/k8s/v1beta1/Token2.txt, secret_file: ~/.config/My_App2/key.pem',
    'secret_key_file: ./keys/id_ed25519.pub',
    'API_KEY=$OPENAI_API_KEY_2',
    'curl "https://example.org/?token=$API_TOKEN2&user=me"',
    `postgres://me:$DB_PASS1@db and postgres://me:${'$'}{DB_PASS1}@db`,
    'password: %DB_PASSWORD_2%',
    'password = $env:DB_PASSWORD_2',
    'token = $oauth2Token, secret = this.k8sToken',
    'api_key: your-secret-here-1234, token: my_api_key_2',
    'redirect: https://example.org/login%20page%401.2.3',
    'https://registry.npmjs.org/%40types%2Fnode',
    'redis://:@redis:6379/0',
    'max_tokens: 4096, token_count = 123456789',
    'Bearer authentication is described in RFC 6750',
    'Basic programming for beginners',
    'See sk-learn, the task-based API, and risk-assessment.',
    'npm_config_registry and hf_hub',
    'commit 275e257de8cc38272ebd0092e0ab58e52e7bc853',
    'sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '550e8400-e29b-41d4-a716-446655440000',
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----',
    '-----BEGIN CERTIFICATE-----',
    'https://example.org:8080/path@home',
    'user@localhost, @decorator, a @ b, npm i pkg@1.2.3',
    'on 2024-01-02 at 10:11:12, until 2024-12-31 23:59:59.123',
    'ISBN 978-3-16-148410-0',
    '4111 1111 1111 1112',
    '1700000000000 and 17000000000000000',
    'order 1234567890123456',
    '3.14159265358979323846',
    'pi is 3.14111111111111111, half of it 0.0612345678',
    'on 01.02.2024 at 12.30, from 01.02.2024 to 05.02.2024, 01.02.2024-05.02.2024',
    'const digits = "0123456789", hex = "0123456789abcdef"',
    'deploy-0612345678ab, build 2024.06.12.34, 06.12.34, mode 0755, v01.02.03',
    '$1,234.56 or 1.234.567,89 or 0,99, 1-800 of them, pages 212\u2013555',
    '10:05:06.123456789 and PT0.0612345678S',
    'sha1 0612345678901234567890123456789012345678',
    '1 + 2 = 3; 10 000 000 people; 12-34-56',
    'DE88370400440532013000',
    'AB12 CDEF 1234',
    '127.0.0.1, 192.168.1.20, 10.0.0.1, 0.0.0.0, 203.0.113.9',
    'v1.2.3, 1.2.3.4.5, 999.1.1.1',
    '::1, fe80::1, 2001:db8::1, std::vector::iterator, 12:30:45',
    'fn(x) -> y // 0123 456',
    '{"type":"object","properties":{"token":{"type":"string"}}}',
  ])('the text has no finding: %s', (text) => expect(found(text)).toEqual([]))
})

describe('masking', () => {
  it('a mask names the kind of its finding', () => {
    const text = `Mail jane@example.org the key ${key('ghp_', 36)}.`
    expect(redact(text, scan(text))).toBe('Mail [email] the key [api key].')
    expect(filterText(text, rules)).toEqual({
      text: 'Mail [email] the key [api key].',
      masked: ['email', 'api_key'],
      left: [],
    })
  })

  it('refused findings stay in the text and are named', () => {
    const text = `jane@example.org ${key('ghp_', 36)}`
    expect(filterText(text, { secrets: 'refuse', pii: 'mask' })).toEqual({
      text: `[email] ${key('ghp_', 36)}`,
      masked: ['email'],
      left: ['api_key'],
    })
  })

  it('a mask is never itself a finding', () => {
    for (const kind of Object.keys(findingFamilies) as FindingKind[])
      expect(kinds(`token=${maskOf(kind)} password: ${maskOf(kind)}`)).toEqual([])
  })

  /** Texts of what patterns are made of, so that findings touch, overlap and are made by masking. */
  const part = fc.oneof(
    fc.constantFrom(
      key('ghp_', 36),
      key('sk-', 30),
      pem('PRIVATE KEY'),
      '-----BEGIN PRIVATE KEY-----',
      'jane@example.org',
      '@example.org',
      '+49 30 1234567',
      '4111 1111 1111 1111',
      'DE89370400440532013000',
      '8.8.8.8',
      'password=',
      'token: ',
      'Bearer ',
      'hunter22hunter',
      '://me:',
      'own-secret',
      'own-',
    ),
    fc.string({ maxLength: 6 }),
    fc.constantFrom(
      ' ',
      '\n',
      '"',
      '-',
      '.',
      '1',
      'a',
      '@',
      '[',
      ']',
      '\\n',
      '\\',
      '\u00a0',
      '\u2011',
      '\u200b',
    ),
    fc.constantFrom(
      '%40',
      '06.12.34.56.78',
      '0612345678',
      '1-212-555-0123',
      '://:',
      '/Ab1',
      '$',
      '2a00::1',
      ':',
    ),
  )

  test('masking leaves no finding and changes nothing else', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), (parts) => {
        const text = parts.join('')
        const filtered = filterText(text, rules, ['own-secret'])
        expect(filtered.left).toEqual([])
        expect(scan(filtered.text, ['own-secret'])).toEqual([])
        expect(filtered.masked.length === 0).toBe(filtered.text === text)
      }),
      { numRuns: 2_000 },
    )
  })

  test('masking keeps JSON valid', () => {
    // A private key without an end goes on to the end of the text, so none is begun here.
    const parts = fc.array(part, { maxLength: 14 }).filter((all) => !all.join('').includes('-----BEGIN'))
    fc.assert(
      fc.property(parts, (all) => {
        const text = JSON.stringify({ said: all.join('') })
        expect(() => JSON.parse(filterText(text, rules, ['own-secret']).text)).not.toThrow()
      }),
      { numRuns: 2_000 },
    )
  })

  test('findings are in order, inside the text and apart', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), (parts) => {
        const text = parts.join('')
        let end = 0
        for (const one of scan(text, ['own-secret'])) {
          expect(one.start).toBeGreaterThanOrEqual(end)
          expect(one.end).toBeGreaterThan(one.start)
          end = one.end
        }
        expect(end).toBeLessThanOrEqual(text.length)
      }),
    )
  })
})

describe('the time of a filter', () => {
  const MEGABYTE = 1_000_000
  /** A pattern that looks at the same text again and again would come near 16. */
  const GROWTH_MAX = 10
  /** The most time for any megabyte, in milliseconds: some ten times that of a slow machine. */
  const COST_MAX_MS = 3_000
  /** Less than this is too short to be measured, in milliseconds. */
  const LEAST_MS = 5

  /**
   * Measures processor time in milliseconds, the best of three: other work on the machine counts as little as
   * possible.
   */
  function cost(text: string): number {
    const runs = [1, 2, 3].map(() => {
      const before = process.cpuUsage()
      scan(text, ['an own secret', 'aaaaaaab'])
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1_000
    })
    return Math.min(...runs)
  }

  // Nearly fitting texts, over and over, which make a careless pattern take minutes.
  test.each([
    'The quick brown fox, who was 12 years old, jumped over the lazy dog. ',
    'const token = process.env.TOKEN ?? await readConfig("key", 1234)\n',
    'QWxhZGRpbjpvcGVuIHNlc2FtZQ',
    '日本語のテキスト。',
    ...['\\n', '\\na', '\\na@a.', '\\n444 ', '\\ntoken=a1b2c3d4', '\u00a0'],
    ...['a', '1', ' ', '-', '@', '.', ':', 'a@', 'a@a.', 'eyJ', 'eyJaaaaaaaaa.', 'sk-', '-sk-', 'SG.'],
    ...['-----BEGIN PRIVATE KEY-----', 'token', 'token=', 'token=a1b2c3d4 ', 'pwd" : "', '://', '://a:'],
    ...['+49', '+4912345678 ', '01 23 ', '(012)', '11 ', '444 ', '4111 ', 'DE89', 'DE89 ', '1.', '2001:'],
    ...[
      '%40',
      'a%40',
      'a%40a.',
      '%40a.',
      '://:',
      '://:a',
      '1-',
      '1-212-555-',
      '1-212-555-0123 ',
      '.4',
      '.4111 ',
    ],
    ...['06.', '06.12.34.56.', '0171.1', '0612345678', '0612345678 ', '2a00::', '2a00:1: ', '2a00::a:'],
    ...['\u2009', '\u2013', '4111\u2009', '12\u2013', '\u200btoken=a1b2c3d4'],
    ...['pwd=/a1b2c3d4/', 'pwd=/Ab1/', 'pwd=$aB1cD2e ', 'pwd=my-a1', 'pwd=my-a1b2c3 ', '/A1', 'bearer '],
  ])('filtering takes linear time: %j', (part) => {
    const text = part.repeat(Math.ceil(MEGABYTE / part.length)).slice(0, MEGABYTE)
    const quarter = cost(text.slice(0, MEGABYTE / 4))
    const whole = cost(text)
    expect(whole).toBeLessThan(GROWTH_MAX * Math.max(quarter, LEAST_MS))
    expect(whole).toBeLessThan(COST_MAX_MS)
  })
})
