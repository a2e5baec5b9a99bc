/** Holds the text around the views: names of views, sign-in, link, machines that wait. */

export const shell = {
  views: {
    home: 'Home',
    mesh: 'Mesh',
    ask: 'Ask',
    models: 'Models',
    artifacts: 'Artifacts',
    usage: 'Usage',
    tasks: 'Tasks',
    receipts: 'Receipts',
    policies: 'Policies',
    settings: 'Settings',
    join: 'Join',
  } as Readonly<Record<string, string>>,
  shell: {
    skip: 'Skip to the view',
    navigation: 'Views',
    menu: 'Menu',
    onNetwork: (name: string, network: string) => `${name} on the network ${network}`,
    lost: 'The daemon does not answer. This page tries again every second.',
    lostHint: "If the daemon has stopped, start it with 'ripple up'.",
    unknownView: (name: string) => `This page has no view '${name}'.`,
    viewFailed: 'This view could not be loaded. The daemon may be of another version.',
  },
  signIn: {
    title: 'Sign in',
    again: 'Sign in again',
    ended: 'The key of this page is not valid any more. Your typed text is still there.',
    about:
      'This page talks to the daemon of this machine, which lets in only you. In a terminal, run this command. It opens the page again, signed in:',
    command: 'ripple open',
    token: "Or paste the API's token",
    tokenHint:
      "It is in the file that 'ripple status' names. The page does not keep it: this tab gets a key that is good until the daemon stops.",
    submit: 'Sign in',
  },
  waiting: {
    title: 'Waiting to be accepted',
    about:
      'These machines are on the same network. They and this machine work for each other once both sides have accepted. Anybody can take a name: compare the key with that of the machine you mean.',
    accept: 'Accept',
    acceptName: (name: string) => `Accept ${name}`,
    there: 'accepted here, and not there yet',
  },
}
