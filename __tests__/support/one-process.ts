import { afterAll } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { whole } from './form.js';
import { checkJsonOutput } from './json-schemas.js';
import {
  cleanEnvironment,
  main,
  program,
  runsOf,
  type Outcome,
  type ProgramOptions,
  type Runs,
} from './program.js';

const helper = fileURLToPath(new URL('run-each.js', import.meta.url));
/** The channel to it lies where no command line looks for a descriptor. */
const channel = 20;

type Options = Pick<ProgramOptions, 'env' | 'input'>;

/**
 * Gives what `program`, `succeeds` and `refuses` do, but that all command lines run in one process, which starts for the
 * first of them: for the many whose process as such is not what a test is about, since Node takes longer to start than
 * they take to run. `start` are variables that a process has to have from its beginning; `through` gives the words before
 * it: another program that starts it.
 */
export function useOneProcess(
  start: ProgramOptions['env'] = {},
  through: () => readonly string[] = () => [],
): Runs<[options?: Options]> {
  let child: ChildProcess | undefined;
  let ended: Promise<never> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  afterAll(async () => {
    if (child?.kill()) await once(child, 'close');
  });
  const run = async (
    cwd: string,
    args: readonly string[],
    { env, input = '' }: Options,
  ): Promise<Outcome> => {
    child ??= startHelper(start, through());
    ended ??= end(child);
    const answer = Promise.race([once(child, 'message'), ended]);
    child.send({ cwd, args, env: cleanEnvironment({ ...start, ...env }), input });
    const [outcome] = (await answer) as [Outcome];
    await checkJsonOutput(args, outcome.stdout);
    return outcome;
  };
  return runsOf((cwd, args, options = {}) => {
    const outcome = last.then(() => run(cwd, args, options));
    last = outcome.catch(() => undefined);
    return outcome;
  });
}

/**
 * `program`, `succeeds` and `refuses`: in the whole form each run is a process of its own, and in the short one only a run
 * that needs it: beside another one, or with a descriptor of its own.
 */
export function useProgram(): Runs<[options?: ProgramOptions]> {
  if (whole) return runsOf<[options?: ProgramOptions]>(program);
  const one = useOneProcess();
  let isBusy = false;
  return runsOf(async (cwd, args, options = {}) => {
    if (isBusy || options.descriptor3 !== undefined) return program(cwd, args, options);
    isBusy = true;
    try {
      return await one.program(cwd, args, options);
    } finally {
      isBusy = false;
    }
  });
}

async function end(child: ChildProcess): Promise<never> {
  await once(child, 'close');
  throw new Error('the process of the command lines has ended');
}

function startHelper(env: ProgramOptions['env'], through: readonly string[]): ChildProcess {
  const [file, args] =
    through[0] === undefined ? [process.execPath, []] : [through[0], [...through.slice(1), process.execPath]];
  const closed = Array.from({ length: channel - 3 }, () => 'ignore' as const);
  return spawn(file, [...args, helper, main], {
    env: cleanEnvironment(env),
    stdio: ['ignore', 'inherit', 'inherit', ...closed, 'ipc'],
  });
}
