import type { StepEvent } from './run-control.js';

/**
 * A call that is under way: the promise of its result, and its events. `for await (const event of run.events)` gets all of them from the
 * first on, whenever it begins, and ends with the call. A call that fails throws its error there, too.
 */
export interface Run<Result, Event = StepEvent> extends Promise<Result> {
  readonly events: AsyncIterable<Event>;
}

type Observer<Event> = (event: Event) => void;

/** Starts a call that tells an observer its events, and keeps them for who iterates over `events`. */
export function running<Event, Options extends { readonly observer?: Observer<Event> | undefined }, Result>(
  options: Options,
  work: (observed: Options) => Promise<Result>,
): Run<Result, Event> {
  const log = new EventLog<Event>();
  const promise = untilDone(work(observed(options, log)), log);
  const events: AsyncIterable<Event> = {
    async *[Symbol.asyncIterator]() {
      promise.catch(() => undefined); // thrown below; a caller who awaits the call as well gets it there
      yield* log.events();
      await promise;
    },
  };
  return Object.assign(promise, { events });
}

async function untilDone<Event, Result>(work: Promise<Result>, log: EventLog<Event>): Promise<Result> {
  try {
    return await work;
  } finally {
    log.end();
  }
}

/** With an observer beside the caller's own. What is no object, or no function, stays for the call to refuse. */
function observed<Event, Options extends { readonly observer?: Observer<Event> | undefined }>(
  options: Options,
  log: EventLog<Event>,
): Options {
  const isObject = typeof (options as unknown) === 'object' && (options as unknown) !== null;
  if (!isObject || Array.isArray(options)) return options;
  const { observer: own } = options;
  if (own !== undefined && typeof (own as unknown) !== 'function') return options;
  const observer = (event: Event): void => {
    log.add(event);
    own?.(event);
  };
  return { ...options, observer };
}

/** The events of one call. */
class EventLog<Event> {
  readonly #events: Event[] = [];
  #isOver = false;
  /** Those who wait for the next one. */
  #waiting: (() => void)[] = [];

  add(event: Event): void {
    this.#events.push(event);
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  async *events(): AsyncGenerator<Event, undefined> {
    for (let next = 0; ;) {
      if (next < this.#events.length) {
        yield this.#events[next] as Event;
        next += 1;
      } else if (this.#isOver) return undefined;
      else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
