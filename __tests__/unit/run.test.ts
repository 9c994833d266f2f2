import { describe, expect, test } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { running, type Run } from '../../lib/execute/run.js';
import { keptOutput } from '../../lib/execute/run-control.js';
import { errorOf } from '../support/failure.js';

type Observer = (event: number) => void;
interface Options {
  readonly observer?: Observer | undefined;
}

/** A call of `count`. */
const counting = (options: Options = {}, failure?: Error): Run<number, number> =>
  running(options, (observed: Options) => count(observed, failure));

/** Counts to three, a turn apart, and then fails or gives their sum. */
async function count({ observer }: Options, failure?: Error): Promise<number> {
  for (const event of [1, 2, 3]) {
    await turn();
    observer?.(event);
  }
  await turn();
  if (failure) throw failure;
  return 6;
}

async function collected<Event>(events: AsyncIterable<Event>): Promise<Event[]> {
  const all: Event[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('the events of a call', () => {
  test('come as they happen, and end with the call', async () => {
    const run = counting();
    const seen: number[] = [];
    for await (const event of run.events) {
      seen.push(event);
      if (event === 1) expect(seen).toEqual([1]);
    }
    expect(seen).toEqual([1, 2, 3]);
    expect(await run).toBe(6);
  });

  test('are all there for who asks late, and for each who asks', async () => {
    const run = counting();
    await run;
    expect(await Promise.all([collected(run.events), collected(run.events)])).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  test("go to the caller's observer, too", async () => {
    const seen: number[] = [];
    const run = counting({ observer: (event) => void seen.push(event) });
    expect(await collected(run.events)).toEqual([1, 2, 3]);
    expect(seen).toEqual([1, 2, 3]);
  });

  test('end with the error of a call that fails, also while nobody awaits the call', async () => {
    const failure = new Error('it failed');
    const run = counting({}, failure);
    const seen: number[] = [];
    const error = await errorOf(async () => {
      for await (const event of run.events) {
        seen.push(event);
        await turn();
        await turn();
        await turn();
      }
    });
    expect(seen).toEqual([1, 2, 3]);
    expect(error).toBe(failure);
    expect(await errorOf(() => run)).toBe(failure);
  });

  test('do not change what is given in place of options', async () => {
    const given: unknown[] = [];
    const work = (options: unknown): Promise<undefined> => {
      given.push(options);
      return Promise.resolve(undefined);
    };
    for (const options of [null, [], { observer: 7 }]) await running(options as never, work);
    expect(given).toEqual([null, [], { observer: 7 }]);
  });
});

describe('what openssl printed, in an event', () => {
  test('is whole where it is short', () => {
    expect(keptOutput('x'.repeat(8192))).toBe('x'.repeat(8192));
  });

  test('is its beginning and its end where it is long', () => {
    const printed = `${'a'.repeat(4096)}${'b'.repeat(100_000)}${'c'.repeat(4096)}`;
    expect(keptOutput(printed)).toBe(`${'a'.repeat(4096)}\n[...]\n${'c'.repeat(4096)}`);
  });
});
