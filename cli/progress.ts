import type { ListrDefaultRendererLogLevels } from 'listr2';
import type { Step, StepEvent } from '../lib/index.js';
import { describeCommand, describeDone, describeStderr } from './present.js';
import { errorStyle, say } from './streams.js';

type Observer = (event: StepEvent) => void;

export interface Progress {
  readonly observer: Observer;
  /** Waits until all of it is on the screen; what did not get done by then is shown as failed. */
  end(): Promise<void>;
}

/** Shows that it lives: a list that ticks in a terminal, a line for each step elsewhere, every command with --verbose. */
export function observeProgress(verbose: boolean): Progress {
  // A terminal that does not know its size (script, docker run -t) gets lines: a list would have a letter in each.
  if (process.stderr.isTTY && process.stderr.columns > 0 && !verbose) return tickingList();
  return { observer: verbose ? eachCommand : eachStep, end: () => Promise.resolve() };
}

function eachStep(event: StepEvent): void {
  if (event.type === 'done' && isShown(event.step)) say(describeDone(event.step.title, event.ms));
}

function eachCommand(event: StepEvent): void {
  if (event.type === 'plan' && event.openssl)
    say(describeCommand(`${event.openssl.path}: ${event.openssl.version.text}`, errorStyle()));
  if (event.type !== 'done' || !isShown(event.step)) return;
  say(describeCommand(event.step, errorStyle()));
  if (event.stderr.trim() !== '') say(...describeStderr(event.stderr, errorStyle()));
}

function isShown(step: Step): step is Extract<Step, { kind: 'openssl' }> {
  return step.kind === 'openssl';
}

/** Each openssl step is a task that waits for its event. */
function tickingList(): Progress {
  const waiting = new Map<number, PromiseWithResolvers>();
  let shown = Promise.resolve();
  const observer = (event: StepEvent): void => {
    if (event.type === 'done') waiting.get(event.index)?.resolve();
    if (event.type !== 'plan') return;
    stop(); // a run that lost its lock begins again, with a list of its own
    const tasks = event.plan.steps.flatMap((step, index) => {
      if (!isShown(step)) return [];
      const task = withResolvers();
      waiting.set(index, task);
      return [{ title: step.title, task: () => task.promise }];
    });
    shown = shown.then(() => showList(tasks));
  };
  const stop = (): void => {
    for (const { reject } of waiting.values()) reject(new Error('not done'));
    waiting.clear();
  };
  const end = async (): Promise<void> => {
    stop();
    await shown;
  };
  return { observer, end };
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined); // the list may not have come to it yet
  return { promise, resolve, reject };
}

async function showList(tasks: { title: string; task: () => Promise<void> }[]): Promise<void> {
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  const logger = new ListrLogger<ListrDefaultRendererLogLevels>({
    useIcons: false,
    toStderr: [],
    processOutput: new ProcessOutput(process.stderr, process.stderr),
  });
  await new Listr(tasks, {
    concurrent: true,
    exitOnError: false,
    renderer: 'default',
    rendererOptions: { logger, showErrorMessage: false },
    registerSignalListeners: false,
  }).run();
}
