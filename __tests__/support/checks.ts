import type { Connection } from '../../lib/index.js';

/** The checks that did not pass, each with what was seen. */
export function notPassed({ checks }: Pick<Connection, 'checks'>, state = 'failed'): Record<string, string> {
  return Object.fromEntries(
    checks.filter((check) => check.state === state).map(({ id, detail }) => [id, detail]),
  );
}

/** What is to be done about one of them. */
export function fixOf({ checks }: Pick<Connection, 'checks'>, id: string): string | undefined {
  return checks.find((check) => check.id === id)?.fix;
}
