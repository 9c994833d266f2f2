import type { Argv } from 'yargs';
import { endpointUrl, snippet, snippetNames } from '../../lib/index.js';
import { calledFlags, credentialFlags, executionFlags } from '../flags.js';
import { describeRemark, words } from '../present-docker.js';
import { errorStyle, printExactly, printJson, say } from '../streams.js';

export function snippetCommand(yargs: Argv): Argv {
  return yargs.command(
    'snippet <language>',
    'Print a piece that reaches the daemon: for curl, Node, Python, Go or Compose',
    (command) =>
      command
        .positional('language', { choices: snippetNames, demandOption: true, describe: 'What it is for' })
        .options({ ...credentialFlags, ...calledFlags, json: executionFlags.json }),
    async ({ language, dir, name, host, json }) => {
      const { text, endpoint } = await snippet(language, { directory: dir, name, host });
      if (json) {
        const url = endpointUrl(endpoint);
        printJson({ ok: true, command: 'snippet', language, host: url, text });
        return;
      }
      if (language === 'compose' && /^(localhost|127\.[\d.]+|::1)$/.test(endpoint.host))
        say(describeRemark(words.containersLocalhost(endpoint.host), errorStyle()));
      printExactly(...text.trimEnd().split('\n'));
    },
  );
}
