import { defineCommand } from '../command.js';
import { UsageError } from '../environment.js';
import { endpointUrl, nearest, snippetNames } from '../../lib/internal.js';
import { snippet, snippets, type SnippetName } from '../../lib/index.js';
import { calledFlags, credentialFlags, executionFlags } from '../flags.js';
import { describeRemark, describeSnippets, words } from '../present-docker.js';
import { sayNotes } from '../notes.js';
import { spelledNotes } from '../present.js';
import { usage } from '../present-usage.js';
import { errorStyle, print, printExactly, printJson, resultStyle, say } from '../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 snippet --list', 'List what can be printed'],
      ['$0 snippet python > version.py', 'Write a program that connects'],
      ['$0 snippet nginx --name web1 > docker.conf', 'Write the configuration of a proxy'],
    ],
  },
  (yargs) =>
    yargs
      .positional('language', { type: 'string', describe: 'Language, tool or proxy; see --list' })
      .option('list', {
        type: 'boolean',
        describe: 'List what can be printed, with a line each',
        group: 'Running:',
        conflicts: ['dir', 'name', 'host'],
      })
      .options({
        // Not as a default of the flag, which would conflict with --list as one that was given.
        dir: {
          type: 'string',
          requiresArg: true,
          describe: 'Certificate directory [default: docker-tls]',
          group: credentialFlags.dir.group,
        },
        name: {
          ...credentialFlags.name,
          describe:
            'Use the client in clients/NAME, for a proxy the server in servers/NAME [default: the default pair]',
        },
        ...calledFlags,
        json: executionFlags.json,
      }),
  async ({ language, list, dir, name, host, json }) => {
    if (list) {
      if (language !== undefined) throw new UsageError(usage.listOfSnippets);
      const all = snippets();
      if (json) printJson({ ok: true, command: 'snippet', snippets: all });
      else print(...describeSnippets(all, resultStyle()));
      return;
    }
    const known = knownSnippet(language);
    const { text, endpoint, notes } = await snippet(known, { directory: dir, name, host });
    if (json) {
      const url = endpointUrl(endpoint);
      printJson({
        ok: true,
        command: 'snippet',
        language: known,
        host: url,
        text,
        notes: spelledNotes(notes),
      });
      return;
    }
    const { inContainer } = snippets().find((one) => one.name === known) ?? {};
    if (inContainer && /^(localhost|127\.[\d.]+|::1)$/.test(endpoint.host))
      say(describeRemark(words.containersLocalhost(endpoint.host), errorStyle()));
    sayNotes(notes);
    printExactly(...text.trimEnd().split('\n'));
  },
);

/** Errors: `UsageError`, with the names that are near. */
function knownSnippet(typed: string | undefined): SnippetName {
  const known = snippetNames.find((name) => name === typed);
  if (known !== undefined) return known;
  const hint = usage.seeList;
  if (typed === undefined) throw new UsageError(usage.snippetMissing, hint);
  const word = typed.toLowerCase();
  const holding = word.length > 1 ? snippetNames.filter((name) => name.includes(word)) : [];
  const near = new Set([nearest(word, snippetNames) ?? [], holding].flat());
  throw new UsageError(usage.unknownSnippet(typed, [...near]), hint);
}
