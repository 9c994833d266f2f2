import { libraryText, wordsOf, type Text, type Words } from '../../words.js';
import type { FleetAction, FleetItem } from '../plan/fleet-plan.js';

/** How far `applyFleet` or `signFleet` has come. */
export interface FleetProgress {
  readonly type: 'progress';
  /** Hosts and clients that are done, or as good as. */
  readonly done: number;
  readonly failed: number;
  readonly total: number;
  /** How many a second, since the work began. */
  readonly perSecond: number;
  /** How long the rest takes at that rate, in milliseconds; undefined before the first is done. */
  readonly msLeft: number | undefined;
}

/** What a run does beside what a plan shows: it collects a CSR, writes a bundle, or sets up a docker context. */
export type FleetDeed = FleetAction | 'collect' | 'deliver' | 'install';

/** What happened to a host or a client. */
export interface FleetMemberEvent {
  readonly type: 'done' | 'failed';
  readonly kind: FleetItem['kind'];
  readonly name: string;
  readonly action: FleetDeed;
  /** Why it failed, in the library's words. */
  readonly why: string | undefined;
  /** The parts of `why`. */
  readonly words: Words | undefined;
}

/** What is told of a member: `why` it failed, or that it is done. */
export function memberEvent(
  of: Pick<FleetMemberEvent, 'kind' | 'name' | 'action'>,
  why: Text | undefined,
): FleetMemberEvent {
  if (why === undefined) return { ...of, type: 'done', why, words: undefined };
  return { ...of, type: 'failed', why: libraryText(why), words: wordsOf(why) };
}

export type FleetEvent = FleetProgress | FleetMemberEvent;

export type FleetObserver = (event: FleetEvent) => void;

/** At most so many events a second tell how far it has come. */
const LEAST_MS_BETWEEN = 100;

/** Counts what is done, and tells an observer. */
export class FleetCounter {
  #done = 0;
  #failed = 0;
  /** Of the group that is being made. */
  #partly = 0;
  #told = -Infinity;
  readonly #began = performance.now();

  constructor(
    readonly total: number,
    private readonly observer: FleetObserver | undefined,
  ) {}

  get done(): number {
    return this.#done;
  }

  /** So many of the group at hand are as good as done. */
  partly(count: number): void {
    this.#partly = count;
    if (performance.now() - this.#told >= LEAST_MS_BETWEEN) this.#tell();
  }

  /** These are done, or have failed. */
  add(events: readonly FleetMemberEvent[]): void {
    this.#partly = 0;
    for (const event of events) {
      if (event.type === 'done') this.#done++;
      else this.#failed++;
      this.observer?.(event);
    }
    this.#tell();
  }

  #tell(): void {
    const now = performance.now();
    this.#told = now;
    const done = this.#done + this.#partly;
    const ms = Math.max(1, now - this.#began);
    const finished = done + this.#failed;
    const perSecond = (finished * 1000) / ms;
    const msLeft = finished === 0 ? undefined : Math.round(((this.total - finished) * ms) / finished);
    this.observer?.({ type: 'progress', done, failed: this.#failed, total: this.total, perSecond, msLeft });
  }
}
