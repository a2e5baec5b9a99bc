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
    copied: 'Copied',
    refresh: 'Refresh',
    again: 'Try again',
    explain: 'Explain',
    yes: 'yes',
    no: 'no',
    none: 'none',
    unknown: 'unknown',
    more: 'More',
    stop: 'Stop',
  },
}
