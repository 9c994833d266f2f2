#!/usr/bin/env node
import metadata from '#package.json' with { type: 'json' };
import { EXIT } from './exit-codes.js';
import { flushed, print, surviveClosedPipes } from './streams.js';

surviveClosedPipes();

const args = process.argv.slice(2);

async function main(): Promise<number> {
  // Answered before anything else is loaded.
  if (args.length === 1 && ['--version', '-V', '-v', 'version'].includes(args[0] ?? '')) {
    print(metadata.version);
    return EXIT.done;
  }
  const { run } = await import('./run.js');
  return run(args, metadata.version);
}

void main().then(async (code) => {
  await flushed();
  // Before Node ends by itself, it removes the signal handlers: a signal would then kill a run whose work is done.
  process.exit(process.exitCode ?? code);
});
