#!/usr/bin/env node
import { run } from './run.js';
import { surviveClosedPipes } from './streams.js';

surviveClosedPipes();

// Set, not called: what is still on its way to a pipe gets there.
const code = await run(process.argv.slice(2));
process.exitCode ??= code;
