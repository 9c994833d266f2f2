import type { ListrDefaultRendererLogLevels } from 'listr2';
import type { Step, StepEvent } from '../lib/index.js';
import { describeCommand, describeDone, describeStderr } from './present.js';
import { errorStyle, say } from './streams.js';

type Observer = (event: StepEvent) => void;

/** Shows that it lives: a list that ticks in a terminal, a line for each step elsewhere, every command with --verbose. */
export function observeProgress(verbose: boolean): Observer {
  if (verbose) return eachCommand;
  return process.stderr.isTTY ? tickingList() : eachStep;
}

function eachStep(event: StepEvent): void {
  if (event.type === 'done' && isShown(event.step)) say(describeDone(event.step.title, event.ms));
}

function eachCommand(event: StepEvent): void {
  if (event.type === 'plan')
    say(describeCommand(`${event.openssl.path}: ${event.openssl.version.text}`, errorStyle()));
  if (event.type !== 'done' || !isShown(event.step)) return;
  say(describeCommand(event.step, errorStyle()));
  if (event.stderr.trim() !== '') say(describeStderr(event.stderr, errorStyle()));
}

function isShown(step: Step): step is Extract<Step, { kind: 'openssl' }> {
  return step.kind === 'openssl';
}

/** Each openssl step is a task that waits for its event. */
function tickingList(): Observer {
  const done = new Map<number, () => void>();
  return (event) => {
    if (event.type === 'done') done.get(event.index)?.();
    if (event.type !== 'plan') return;
    const tasks = event.steps.flatMap((step, index) => {
      if (!isShown(step)) return [];
      const finished = new Promise<void>((resolve) => done.set(index, resolve));
      return [{ title: step.title, task: () => finished }];
    });
    void showList(tasks);
  };
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
    renderer: 'default',
    rendererOptions: { logger },
    registerSignalListeners: false,
  }).run();
}
