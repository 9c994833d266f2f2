#!/usr/bin/env node
import metadata from '#package.json' with { type: 'json' };
import { fileURLToPath } from 'node:url';
import { EXIT } from './exit-codes.js';
import { guideIsWanted } from './guide/wanted.js';
import { flushed, print, say, surviveClosedPipes } from './streams.js';

surviveClosedPipes();

const args = process.argv.slice(2);

async function main(): Promise<number> {
  // Answered before anything else is loaded.
  if (args.length === 1 && ['--version', '-V', '-v', 'version'].includes(args[0] ?? '')) {
    print(metadata.version);
    return EXIT.done;
  }
  if (process.platform === 'win32' && !args.some((arg) => ['--help', '-h', 'help'].includes(arg))) {
    say(
      'error: docker-tls-openssl does not run on Windows itself, where keys have no file modes',
      `hint: run it in WSL 2: ${fileURLToPath(new URL('../../docs/windows.md', import.meta.url))} says what works there`,
    );
    return EXIT.failed;
  }
  const { run } = await import('./run.js');
  if (args.length === 0 && guideIsWanted()) {
    const { guide } = await import('./guide/guide.js');
    return guide((words) => run(words, metadata.version));
  }
  return run(args, metadata.version);
}

void main().then(async (code) => {
  await flushed();
  // Before Node ends by itself, it removes the signal handlers: a signal would then kill a run whose work is done.
  process.exit(process.exitCode ?? code);
});
