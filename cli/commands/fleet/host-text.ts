import type { Options } from 'yargs';
import type { fleetScript } from '../../../lib/index.js';
import { runFlags } from '../../flags.js';
import { fleetFileOf, fleetFlags } from '../../fleet-flags.js';
import { hostTextAsJson, rolloutWords } from '../../present-rollout.js';
import { printExactly, printJson, say } from '../../streams.js';

/** What the commands have that print a text for one host. */
export const hostTextFlags = {
  ...fleetFlags,
  'with-key': {
    type: 'boolean',
    describe: "Include the host's private key, which makes the text a secret",
  },
  json: runFlags.json,
} as const satisfies Record<string, Options>;

interface HostTextFlags {
  readonly host: string;
  readonly file?: string | undefined;
  readonly withKey?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Prints a text for one host. */
export async function runHostText(
  command: string,
  render: typeof fleetScript,
  { host, withKey, json, ...flags }: HostTextFlags,
): Promise<void> {
  const made = await render(await fleetFileOf(flags), host, { withKey });
  if (json) {
    printJson(hostTextAsJson(command, made));
    return;
  }
  if (made.hasKey) say(rolloutWords.secret);
  printExactly(...made.text.trimEnd().split('\n'));
}
