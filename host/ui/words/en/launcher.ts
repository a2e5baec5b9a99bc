/** Holds the text of the page in a Holochain launcher. */

export const launcher = {
  title: 'Mesh',
  opening: 'Connecting to the conductor of the launcher …',
  failedHint: 'See in the launcher that the app is installed and enabled, and open it again.',
  machines: 'Machines of this network',
  seed: 'Network seed',
  noSeed: 'none',
  own: 'This app',
  none: 'No machine has published its card on this network yet, or none has arrived here.',
  noneHint:
    "Machines meet if they have the same network seed and the same bootstrap server. 'ripple network show' prints the seed of a machine that runs Ripple. Install the app again with that seed.",
  name: 'Machine',
  hardware: 'Hardware',
  models: 'Models',
  written: 'Card written',
  key: 'Key',
  core: 'core',
  cores: 'cores',
  memory: (gib: number) => `${gib} GiB memory`,
  more: 'With a daemon',
  needsDaemon: 'The launcher shows what is recorded. To do the following, a machine needs a Ripple daemon:',
  needs: [
    'ask models, and run tasks for others',
    'see tasks, receipts and usage',
    'fetch and load models',
    'invite machines, accept them, and have them examined by doctor',
  ],
  start: 'Install Ripple on this machine, start it, and open its own page:',
  command: 'ripple up && ripple open',
}
