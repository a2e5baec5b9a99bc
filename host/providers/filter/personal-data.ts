/** Finds personal data in a text. */
import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { type Finding, matches } from './finding.ts'

/** Matches from the beginning of a run, so that no run is read more than twice. A URL writes the `@` of an address as `%40`. */
const email = /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+(?:@|%40)(?:[\p{L}\p{N}-]{1,63}\.)+\p{L}{2,24}/gu
/** Matches numbers with a country code; the digits are counted afterwards. */
const phoneAbroad = /(?<![\w+])(?:\+|00)[1-9][\d ()./-]{6,24}/g
const phoneAmerica = /(?<![\w.-])(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\w-])/g
/** Matches numbers with the trunk's zero, as most of Europe writes them. */
const phoneAtHome = /(?<![\w.,:/-])\(?0[1-9]\d{0,4}\)?[ /-]\d{2,8}(?:[ -]\d{2,4}){0,4}(?!\w|[:-]\w)/g
/** Matches the same with dots: in pairs, or after an area code that is longer than the day of a date. */
const phoneDotted = /(?<![\w.,:/-])0[1-9](?:(?:\.\d{2}){4}|\d{1,3}(?:\.\d{2,8}){1,4})(?!\w|[.:-]\w)/g
/** Matches the same with nothing between the digits. */
const phoneUnbroken = /(?<![\w.,:/-])0[1-9]\d{8,10}(?!\w|[.:-]\w)/g
const ibanBegin = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}/g
/** Matches the first group of a card's number, outside of a fraction. */
const cardBegin = /(?<!\d|\d\.)[2-6]\d{2,18}/g
const ipv4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)/g
/**
 * Matches global addresses. They begin with 2 or 3, which a time of day or a name with colons rarely does in four digits. A
 * lone colon at the end belongs to the sentence.
 */
const ipv6 = /(?<![\w:.])[23][0-9a-f]{3}:[0-9a-f:]{1,34}(?:[0-9a-f]|::)(?!\w)/gi

/** Yields data that identifies a person. It skips names and postal addresses, which no pattern recognizes. */
export function* personalData(text: string): Generator<Finding> {
  yield* matches(text, 'email', email)
  yield* phones(text)
  yield* ibans(text)
  yield* cards(text)
  yield* matches(text, 'ip', ipv4, (found) => isIPv4(found) && !notPublic.check(found))
  yield* matches(text, 'ip', ipv6, (found) => isIPv6(found) && !notPublic.check(found, 'ipv6'))
}

/** Addresses of no machine on the internet: of private networks, of this machine, of documentation. */
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

/** The digits of a number with its country code (ITU E.164: 15 at most). */
const PHONE_DIGITS = { min: 8, max: 15 }
/** The fewest digits of a number without a country code. */
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

/** The digits in counting order, as code lists them. */
const COUNTED = '012345678901'

/**
 * Counts the first `most` wanted characters from an index, and finds the end of the last one. With `apart`, at most one
 * other character may stand between two of them.
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

/** The length of an account number of each country, by the registry of ISO 13616. */
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

/**
 * Returns the remainder of ISO 7064's check, for a number whose first four characters were moved to its end. A valid number
 * gives 1.
 */
function ibanRest(number: string): number {
  let rest = 0
  for (let index = 0; index < number.length; index += 1) {
    const code = number.charCodeAt(index)
    if (isDigit(code)) rest = (rest * 10 + code - 48) % 97
    else if (isLetter(code)) rest = (rest * 100 + (code & 31) + 9) % 97
  }
  return rest
}

/** The lengths and beginnings of the cards in use. */
const cardNumber =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|35\d{14}|6\d{15,18})$/
const CARD_DIGITS = { min: 13, max: 19 }
/** The fewest digits of one group of a card's number. Groups of one or two digits are no card, and would cost more to try. */
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

/** Returns the end of the longest card number that begins here, at the end of a group of digits; null if none begins. */
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

/** Whether ISO/IEC 7812's check digit is right. */
function luhnHolds(number: string): boolean {
  let sum = 0
  for (let index = 0; index < number.length; index += 1) {
    const digit = number.charCodeAt(number.length - 1 - index) - 48
    const twice = index % 2 === 1 ? digit * 2 : digit
    sum += twice > 9 ? twice - 9 : twice
  }
  return sum % 10 === 0
}
