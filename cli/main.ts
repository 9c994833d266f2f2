#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { EXIT } from './exit-codes.js';
import { print, surviveClosedPipes } from './streams.js';

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
// Set, not called: what is still on its way to a pipe gets there.
process.exitCode ??= code;
