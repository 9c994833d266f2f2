import type { Tutorial } from '../../lib/recipes/tutorial.js';

/** Names that a text has a place for, so that none is refused. */
export function placesOf(
  { takes }: Pick<Tutorial, 'takes'>,
  host: string,
  ip: string,
): { hosts?: string[]; ips?: string[] } {
  return {
    ...(takes === 'addresses' ? {} : { hosts: [host] }),
    ...(takes === 'nothing' ? {} : { ips: [ip] }),
  };
}
