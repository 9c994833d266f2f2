import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { defineCommand } from '../command.js';
import { explain } from '../../lib/index.js';
import { explainMessage, nearestMessages } from '../../lib/internal.js';
import { UsageError } from '../environment.js';
import { directoryFlag, directoryGiven, executionFlags } from '../flags.js';
import {
  describeExplanation,
  describeMessage,
  describeUnknown,
  explainWords,
  explanationAsJson,
  messageAsJson,
} from '../present-explain.js';
import { errorStyle, print, printJson, resultStyle, say } from '../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 explain', 'Show which clients accept the set in docker-tls'],
      ['$0 explain --name web1', 'The same for another server and client'],
      [
        "$0 explain --message 'x509: certificate signed by unknown authority'",
        'Explain an error message of docker',
      ],
    ],
    exitCodes: {
      0: 'every client accepts the set, or the message is known',
      1: 'failed, or a client refuses the set',
    },
  },
  (yargs) =>
    yargs
      .positional('directory', {
        type: 'string',
        describe:
          'Certificate directory, or the files that a host or a client has of it [default: docker-tls]',
      })
      .options({
        host: {
          type: 'string',
          requiresArg: true,
          describe: 'Name or address that clients use [default: first name in the certificate]',
        },
        name: {
          type: 'string',
          requiresArg: true,
          describe: 'Use servers/NAME and clients/NAME [default: the default pair]',
        },
        message: {
          type: 'string',
          requiresArg: true,
          describe: 'Error message of a client or the daemon; - reads it from stdin',
        },
        ...directoryFlag,
        json: { ...executionFlags.json, group: undefined },
      }),
  async ({ directory: word, dir, host, name, message, json = false }, { signal }) => {
    if (message !== undefined) {
      if ([word, dir, host, name].some((given) => given !== undefined))
        throw new UsageError(explainWords.messageAndDirectory);
      explainOne(message === '-' ? await text(addAbortSignal(signal, process.stdin)) : message, json);
      return;
    }
    const explanation = await explain({ directory: directoryGiven(word, dir), host, name });
    if (!explanation.accepted) process.exitCode = 1;
    if (json) printJson(explanationAsJson(explanation));
    else print(...describeExplanation(explanation, resultStyle()));
  },
);

function explainOne(message: string, json: boolean): void {
  if (message.trim() === '') throw new UsageError(explainWords.messageEmpty);
  const known = explainMessage(message);
  if (!known) process.exitCode = 1;
  if (json) printJson(messageAsJson(known, known ? [] : nearestMessages(message)));
  else if (known) print(...describeMessage(known, resultStyle()));
  else say(...describeUnknown(nearestMessages(message), errorStyle()));
}
