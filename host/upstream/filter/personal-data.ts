import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { type Finding, matches } from './finding.ts'

/** Begins at the beginning of a run, so that no run is read more than twice. `%40` is how an address of a page writes its `@`. */
const email = /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+(?:@|%40)(?:[\p{L}\p{N}-]{1,63}\.)+\p{L}{2,24}/gu
/** With the country's number; the digits are counted afterwards. */
const phoneAbroad = /(?<![\w+])(?:\+|00)[1-9][\d ()./-]{6,24}/g
const phoneAmerica = /(?<![\w.-])(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w-])/g
/** With the trunk's zero, as most of Europe writes them. */
const phoneAtHome = /(?<![\w.,:/-])\(?0[1-9]\d{0,4}\)?[ /-]\d{2,8}(?:[ -]\d{2,4}){0,4}(?!\w|[:-]\w)/g
/** The same with dots: in pairs, or behind an area's number that is longer than a date's day. */
const phoneDotted = /(?<![\w.,:/-])0[1-9](?:(?:\.\d{2}){4}|\d{1,3}(?:\.\d{2,8}){1,4})(?!\w|[.:-]\w)/g
/** The same with nothing between the digits. */
const phoneUnbroken = /(?<![\w.,:/-])0[1-9]\d{8,10}(?!\w|[.:-]\w)/g
const ibanBegin = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}/g
/** The first group of a card's number, which is no fraction's. */
const cardBegin = /(?<!\d|\d\.)[2-6]\d{2,18}/g
const ipv4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)/g
/**
 * Global addresses begin with 2 or 3, which a time of day or a name with colons rarely does in four digits. A lone colon at the
 * end is the sentence's.
 */
const ipv6 = /(?<![\w:.])[23][0-9a-f]{3}:[0-9a-f:]{1,34}(?:[0-9a-f]|::)(?!\w)/gi

/** What says who somebody is. Names and postal addresses are not looked for: no pattern tells them. */
export function* personalData(text: string): Generator<Finding> {
  yield* matches(text, 'email', email)
  yield* phones(text)
  yield* ibans(text)
  yield* cards(text)
  yield* matches(text, 'ip', ipv4, (found) => isIPv4(found) && !notPublic.check(found))
  yield* matches(text, 'ip', ipv6, (found) => isIPv6(found) && !notPublic.check(found, 'ipv6'))
}

/** Addresses of no machine on the internet: of an own network, of this machine, of documentation. */
const notPublic = new BlockList()
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['192.0.2.0', 24],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  notPublic.addSubnet(net, prefix)
notPublic.addSubnet('2001:db8::', 32, 'ipv6')

/** Digits of a number with its country's (ITU E.164: 15 at most). */
const PHONE_DIGITS = { min: 8, max: 15 }
/** Fewest digits of a number that is written as at home. */
const HOME_DIGITS_MIN = 9

function* phones(text: string): Generator<Finding> {
  for (const { 0: found, index: start } of text.matchAll(phoneAbroad)) {
    const zeros = found.startsWith('00') ? 2 : 0
    const { count, end } = upTo(found, zeros, PHONE_DIGITS.max, isDigit)
    if (count >= PHONE_DIGITS.min) yield { kind: 'phone', start, end: start + end }
  }
  yield* matches(text, 'phone', phoneAmerica)
  for (const pattern of [phoneAtHome, phoneDotted]) yield* matches(text, 'phone', pattern, isHomeNumber)
  yield* matches(text, 'phone', phoneUnbroken, (found) => !COUNTED.startsWith(found))
}

function isHomeNumber(found: string): boolean {
  const digits = found.replace(/\D/g, '').length
  return digits >= HOME_DIGITS_MIN && digits <= PHONE_DIGITS.max
}

/** Digits in the order in which they are counted, as code lists them. */
const COUNTED = '012345678901'

/**
 * From an index on the first `most` characters that are wanted: how many there are, and where the last of them ends. With
 * `apart` no more than one other character may stand between two of them.
 */
function upTo(
  text: string,
  from: number,
  most: number,
  wanted: (code: number) => boolean,
  apart = false,
): { readonly count: number; readonly end: number } {
  let count = 0
  let end = from
  for (let index = from; index < text.length && count < most; index += 1) {
    if (apart && index > end + 1) break
    if (!wanted(text.charCodeAt(index))) continue
    count += 1
    end = index + 1
  }
  return { count, end }
}

const SPACE = 32
const HYPHEN = 45

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
}

/** How long an account number of a country is, as the registry of ISO 13616 has it. */
const ibanLengths = new Map(
  (
    'AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22' +
    'GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20' +
    'MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26' +
    'UA29VA22VG24XK20YE30'
  )
    .match(/[A-Z]{2}\d\d/g)
    ?.map((one) => [one.slice(0, 2), Number(one.slice(2))]),
)

function* ibans(text: string): Generator<Finding> {
  for (const { 0: begin, index: start } of text.matchAll(ibanBegin)) {
    const length = ibanLengths.get(begin.slice(0, 2).toUpperCase())
    if (length === undefined) continue
    const { count, end } = upTo(text, start, length, (code) => isDigit(code) || isLetter(code), true)
    if (count === length && ibanRest(text.slice(start + 4, end) + begin) === 1)
      yield { kind: 'iban', start, end }
  }
}

/** The rest of ISO 7064's check of a number whose first four characters were moved to its end: 1 where it has no slip. */
function ibanRest(number: string): number {
  let rest = 0
  for (let index = 0; index < number.length; index += 1) {
    const code = number.charCodeAt(index)
    if (isDigit(code)) rest = (rest * 10 + code - 48) % 97
    else if (isLetter(code)) rest = (rest * 100 + (code & 31) + 9) % 97
  }
  return rest
}

/** Lengths and beginnings of the cards in use. */
const cardNumber =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|35\d{14}|6\d{15,18})$/
const CARD_DIGITS = { min: 13, max: 19 }
/** Fewest digits of one group of a card's number: what comes in ones and twos is no card, and would cost more to try. */
const GROUP_DIGITS_MIN = 3

function* cards(text: string): Generator<Finding> {
  cardBegin.lastIndex = 0
  for (let found = cardBegin.exec(text); found !== null; found = cardBegin.exec(text)) {
    const end = cardEnd(text, found.index)
    if (end === null) continue
    yield { kind: 'card', start: found.index, end }
    cardBegin.lastIndex = end
  }
}

/** Where the longest card's number that begins here ends: at the end of a group of digits; null where none begins. */
function cardEnd(text: string, start: number): number | null {
  let found: number | null = null
  let digits = 0
  let group = 0
  for (let index = start; digits <= CARD_DIGITS.max; index += 1) {
    const code = text.charCodeAt(index)
    if (isDigit(code)) {
      digits += 1
      group += 1
      continue
    }
    if (group < GROUP_DIGITS_MIN) break
    if (digits >= CARD_DIGITS.min && isCard(text.slice(start, index))) found = index
    if (code !== SPACE && code !== HYPHEN) break
    group = 0
  }
  return found
}

function isCard(written: string): boolean {
  const number = written.replace(/[ -]/g, '')
  return cardNumber.test(number) && luhnHolds(number)
}

/** ISO/IEC 7812's check digit. */
function luhnHolds(number: string): boolean {
  let sum = 0
  for (let index = 0; index < number.length; index += 1) {
    const digit = number.charCodeAt(number.length - 1 - index) - 48
    const twice = index % 2 === 1 ? digit * 2 : digit
    sum += twice > 9 ? twice - 9 : twice
  }
  return sum % 10 === 0
}
