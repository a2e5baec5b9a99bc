/** Holds the text of the view of artifacts. */

export const artifacts = {
  about:
    'An artifact is a file that is named by its content: its CID. Any machine of this network can fetch it by its CID from a machine that has it.',
  list: {
    title: 'Pinned here',
    about:
      'Machines do not announce what they keep. This list names the machines that had to pin a content, and others may have it as well.',
    none: 'Nothing is pinned on this machine yet. Add a file below: it gets a CID by which the other machines of the network can fetch it.',
    name: 'Name',
    kind: 'Kind',
    size: 'Size',
    cid: 'CID',
    heldBy: 'Held by',
    actions: 'Actions',
    unnamed: 'without a name',
    kinds: {
      file: 'file',
      answer: 'answer of a task',
      sealed: 'answer of a task, as ciphertext',
      other: 'other bytes',
    },
  },
  verbs: {
    download: 'Download',
    unpin: 'Unpin',
    of: (verb: string, name: string) => `${verb}: ${name}`,
  },
  unpin: (name: string) => `Unpin ${name}? This machine no longer keeps it, and its bytes may be deleted.`,
  tooLarge: {
    get: (size: string) => `${size} are too much for the page. In a terminal, write it to a file:`,
    add: (name: string, size: string, most: string) =>
      `${name} has ${size}, and the page takes ${most} at most. In a terminal, in the folder of the file:`,
  },
  add: {
    title: 'Add a file',
    file: 'File',
    hint: (most: string) => `At most ${most}; a larger file is added in a terminal.`,
    adding: 'Adding …',
    added: (name: string) => `${name} is pinned here. Its CID:`,
    unreadable: (name: string) => `${name} could not be read.`,
  },
  get: {
    title: 'Get by CID',
    about:
      'Fetch a content from here, or from the other machines of the network. Its bytes are checked against the CID.',
    cid: 'CID',
    pin: 'Pin it here',
    pinned: 'It is pinned here.',
    saved: (size: string) => `It has ${size}, and was handed to the browser.`,
    fetching: 'Fetching …',
  },
}
