import { defineCommand } from '../command.js';
import { endpointUrl, snippetNames } from '../../lib/internal.js';
import { snippet } from '../../lib/index.js';
import { calledFlags, credentialFlags, executionFlags } from '../flags.js';
import { describeRemark, words } from '../present-docker.js';
import { sayNotes } from '../notes.js';
import { spelledNotes } from '../present.js';
import { errorStyle, printExactly, printJson, say } from '../streams.js';

export const command = defineCommand(
  (yargs) =>
    yargs
      .positional('language', {
        choices: snippetNames,
        demandOption: true,
        describe: 'Language, tool or proxy',
      })
      .options({ ...credentialFlags, ...calledFlags, json: executionFlags.json })
      .option('name', {
        ...credentialFlags.name,
        describe:
          'Use the client in clients/NAME, for a proxy the server in servers/NAME [default: the default pair]',
      }),
  async ({ language, dir, name, host, json }) => {
    const { text, endpoint, notes } = await snippet(language, { directory: dir, name, host });
    if (json) {
      const url = endpointUrl(endpoint);
      printJson({ ok: true, command: 'snippet', language, host: url, text, notes: spelledNotes(notes) });
      return;
    }
    if (language === 'compose' && /^(localhost|127\.[\d.]+|::1)$/.test(endpoint.host))
      say(describeRemark(words.containersLocalhost(endpoint.host), errorStyle()));
    sayNotes(notes);
    printExactly(...text.trimEnd().split('\n'));
  },
);
