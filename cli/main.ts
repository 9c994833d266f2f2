#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { EXIT } from './exit-codes.js';
import { flushed, print, surviveClosedPipes } from './streams.js';

surviveClosedPipes();

const args = process.argv.slice(2);
const file = new URL(import.meta.resolve('#package.json'));
const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
let code: number = EXIT.done;
// Answered before anything else is loaded.
if (args.length === 1 && ['--version', '-V', '-v', 'version'].includes(args[0] ?? '')) print(version);
else {
  const { run } = await import('./run.js');
  code = await run(args, version);
}
await flushed();
// Before Node ends by itself, it removes the signal handlers: a signal would then kill a run whose work is done.
process.exit(process.exitCode ?? code);
