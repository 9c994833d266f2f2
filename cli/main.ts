#!/usr/bin/env node
import { run } from './run.js';

// Set, not called: what is still on its way to a pipe gets there.
process.exitCode = await run(process.argv.slice(2));
