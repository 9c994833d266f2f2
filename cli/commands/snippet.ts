import { defineCommand } from '../command.js';
import { endpointUrl, snippetNames } from '../../lib/internal.js';
import { snippet } from '../../lib/index.js';
import { calledFlags, credentialFlags, executionFlags } from '../flags.js';
import { describeRemark, words } from '../present-docker.js';
import { errorStyle, printExactly, printJson, say } from '../streams.js';

export const command = defineCommand(
  (yargs) =>
    yargs
      .positional('language', { choices: snippetNames, demandOption: true, describe: 'Language or tool' })
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
