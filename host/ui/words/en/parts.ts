/** Holds the text of the parts that all views share. */

export const parts = {
  format: {
    justNow: 'just now',
    ago: (far: string) => `${far} ago`,
    ahead: (far: string) => `in ${far}`,
  },
  parts: {
    loading: 'Loading …',
    thisMachine: (name: string) => `${name} (this machine)`,
    close: 'Close',
    cancel: 'Cancel',
    copy: 'Copy',
    copyCommand: 'Copy the command',
    copied: 'Copied',
    refresh: 'Refresh',
    again: 'Try again',
    explain: 'Explain',
    explained: 'This is what the code means in general. A name in braces stands for a fact of the error.',
    says: 'It says',
    advises: 'What to do',
    status: 'HTTP status',
    exit: 'Exit code of a command',
    yes: 'yes',
    no: 'no',
    none: 'none',
    unknown: 'unknown',
    more: 'More',
    stop: 'Stop',
  },
}
