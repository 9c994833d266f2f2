import type { IssueOptions, Part } from '../../lib/index.js';
import { issueOptions } from '../../lib/issue/options.js';

/** Of the options for a whole set those that the making of `parts` heeds. */
export function only<Made extends Part>(
  parts: Made | readonly Made[],
  options: IssueOptions,
): IssueOptions<Made> {
  const rows: Readonly<Record<string, { readonly parts: readonly string[] }>> = issueOptions;
  const isHeeded = (name: string): boolean =>
    rows[name]?.parts.some((part) => parts.includes(part as Made)) ?? true;
  return Object.fromEntries(Object.entries(options).filter(([name]) => isHeeded(name))) as IssueOptions<Made>;
}
