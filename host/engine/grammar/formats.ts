// The formats of texts and numbers in JSON schemas: their checks, and grammar rules for some of them.
import type { Format as AjvFormat } from 'ajv'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { z } from 'zod'
import type { Json } from '../../types/json.ts'

const digits = (count: number) => `[0-9]{${count}}`
const day = (last: string) => `("0" [1-9] | [12] [0-9] | ${last})`
const month31 = '("01" | "03" | "05" | "07" | "08" | "10" | "12")'
const month30 = '("04" | "06" | "09" | "11")'
const february = '"02-" ("0" [1-9] | "1" [0-9] | "2" [0-8])'
const hour = '([01] [0-9] | "2" [0-3])'
// A leap day would take a rule of its own, so the rule leaves it out.
const monthDay = `(${month31} "-" ${day('"30" | "31"')} | ${month30} "-" ${day('"30"')} | ${february})`
const date = `[12] ${digits(3)} "-" ${monthDay}`
const time = `${hour} ":" [0-5] [0-9] ":" [0-5] [0-9] ("." ${digits(3)})? ("Z" | [+-] ${hour} ":" [0-5] [0-9])`
const hex = (count: number) => `[0-9a-f]{${count}}`
const uuidOf = (version: string) =>
  `${hex(8)} "-" ${hex(4)} "-${version}" ${hex(3)} "-" [89ab] ${hex(3)} "-" ${hex(12)}`
const uuid = uuidOf('4')
const uuids = Object.fromEntries([...'1345678'].map((version) => [`uuid${version}`, uuidOf(version)]))
const octet = '("25" [0-5] | "2" [0-4] [0-9] | "1" [0-9] [0-9] | [1-9]? [0-9])'
const ipv4 = `${octet} ("." ${octet}){3}`
const network = `(${octet} "." ${octet} ".0.0/16" | ${octet} "." ${octet} "." ${octet} ".0/24" | ${ipv4} "/32")`
const ipv6 = '[0-9a-f]{1,4} (":" [0-9a-f]{1,4}){7}'
// Validators of addresses refuse two hyphens in a row, and more than 64 characters before the @.
const label = '[a-z0-9]{1,20} ("-" [a-z0-9]{1,20}){0,2}'
const host = `${label} ("." ${label}){0,4}`
const domain = `(${label} "."){1,4} [a-z]{2,12}`
const email = `[a-zA-Z0-9]{1,20} ([._+-] [a-zA-Z0-9]{1,20}){0,2} "@" ${domain}`
const path = '("/" [a-zA-Z0-9._~-]{1,40}){0,8} "/"?'
const uri = `"http" "s"? "://" ${domain} ${path} ("?" [a-zA-Z0-9._~=&-]{1,60})?`
const count = '[1-9] [0-9]{0,3}'
const clock = `"T" (${count} "H" (${count} "M")? (${count} "S")? | ${count} "M" (${count} "S")? | ${count} "S")`
const duration = `"P" (${count} "D" (${clock})? | ${clock})`

const base64 = '([a-zA-Z0-9+/]{4})* ([a-zA-Z0-9+/]{2} "==" | [a-zA-Z0-9+/]{3} "=")?'

/** Most characters of a text that such a rule makes, and more than the fewest. */
export const FORMAT_CHARS = { least: 3, most: 600 } as const

/** Bodies of grammar rules by format: the characters between a text's quotation marks. */
const rules: Readonly<Record<string, string>> = {
  date,
  time,
  'date-time': `${date} "T" ${time}`,
  duration,
  email,
  'idn-email': email,
  'name-email': email,
  uuid,
  ...uuids,
  guid: uuid,
  ipv4,
  ipvanyaddress: ipv4,
  ipv6,
  cidrv4: network,
  ipv4network: network,
  ipvanynetwork: network,
  base64,
  base64url: '([a-zA-Z0-9_-]{4})*',
  hostname: host,
  'idn-hostname': host,
  uri,
  url: uri,
  iri: uri,
  'uri-reference': uri,
}

const zods = {
  cuid: z.cuid(),
  cuid2: z.cuid2(),
  ulid: z.ulid(),
  xid: z.xid(),
  ksuid: z.ksuid(),
  nanoid: z.nanoid(),
  base64: z.base64(),
  base64url: z.base64url(),
  cidrv4: z.cidrv4(),
  cidrv6: z.cidrv6(),
  e164: z.e164(),
  jwt: z.jwt(),
  emoji: z.emoji(),
}
const { cidrv4, cidrv6 } = zods
const address = z.union([z.ipv4(), z.ipv6()])
const anyNetwork = z.union([cidrv4, cidrv6])
const pydantics = {
  ipvanyaddress: address,
  ipvanynetwork: anyNetwork,
  ipvanyinterface: z.union([anyNetwork, address]),
  ipv4network: cidrv4,
  ipv6network: cidrv6,
  ipv4interface: cidrv4,
  ipv6interface: cidrv6,
}

/** Formats that say what a text is for, and leave every text valid. */
const free = 'path file-path directory-path password binary textarea multiline markdown html color'.split(' ')

/** Patterns that zod writes beside its formats; each says the same as its format. */
const zodPatterns: ReadonlySet<Json | undefined> = new Set(
  [
    ...[z.email(), z.uuid(), z.ipv4(), z.ipv6(), z.iso.date(), z.iso.datetime(), z.iso.duration()],
    ...Object.values(zods),
  ].map((form) => z.toJSONSchema(form).pattern),
)

/** Whether a pattern says no more than the format beside it. */
export function isOfFormat(pattern: Json | undefined): boolean {
  return zodPatterns.has(pattern)
}

/** Ranges of number formats in the schemas of Rust and OpenAPI. */
export const formatRanges: Readonly<Record<string, readonly [min: number, max: number]>> = {
  int8: [-128, 127],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  uint8: [0, 255],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, Number.POSITIVE_INFINITY],
  uint: [0, Number.POSITIVE_INFINITY],
}

/** The check of each known format, in ajv's form. */
export const formatChecks: Readonly<Record<string, AjvFormat>> = {
  ...Object.fromEntries(free.map((name) => [name, true])),
  ...Object.fromEntries(
    Object.entries({ ...zods, ...pydantics }).map(([name, form]) => [
      name,
      (text: string) => form.safeParse(text).success,
    ]),
  ),
  ...fullFormats,
  url: fullFormats.uri,
  iri: fullFormats.uri,
  'iri-reference': fullFormats['uri-reference'],
  'idn-email': fullFormats.email,
  'idn-hostname': true,
  guid: fullFormats.uuid,
  ...Object.fromEntries(Object.keys(uuids).map((name) => [name, fullFormats.uuid])),
  'json-string': isJson,
  'name-email': (text) => z.email().safeParse(/<([^<>]+)>$/.exec(text)?.[1] ?? text).success,
  ...Object.fromEntries(
    Object.entries(formatRanges).map(([name, [min, max]]) => [
      name,
      { type: 'number', validate: (value: number) => value >= min && value <= max },
    ]),
  ),
}

/** The body of a grammar rule for the text of a format; null where there is none. */
export function formatRule(format: string): string | null {
  return Object.hasOwn(rules, format) ? (rules[format] ?? null) : null
}

/** Whether a format leaves each text valid, so that no grammar is needed for it. */
export function isFreeFormat(format: string): boolean {
  return formatChecks[format] === true
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
