/** Lists the errors of chats. */
import { type ErrorRow, row } from './row.ts'

/** Errors of the chats that a daemon keeps. */
export const chatErrors = {
  RIPPLE_CHAT_UNKNOWN: row("there is no {what} '{id}'", "see 'ripple chat ls'", 404, 1),
  RIPPLE_CHAT_RUNNING: row(
    "an answer of the chat '{id}' is under way",
    'stop it, or wait until it is complete',
    409,
    1,
  ),
  RIPPLE_CHAT_FULL: row(
    'the chat has no room for more: {what} are at most {max}',
    'begin a new chat, or remove messages by changing an earlier one',
    409,
    2,
  ),
  RIPPLE_CHAT_MANY: row('there are {max} chats already', "remove one with 'ripple chat rm'", 409, 2),
  RIPPLE_CHATS_DAMAGED: row(
    '{file} is damaged: {detail}',
    'move it aside, with the chats in it; the next question begins a new file',
    500,
    2,
  ),
} as const satisfies Record<string, ErrorRow>
