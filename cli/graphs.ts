import {
  certificateGraph,
  graphText,
  verifyDirectory,
  type GraphFormat,
  type Inspection,
} from '../lib/index.js';
import { printTexts } from './streams.js';

/** Draws an inspection with the errors of `verify`; loaded when a graph is asked for. */
export async function printGraph(inspection: Inspection, format: GraphFormat): Promise<void> {
  const { directory, now } = inspection;
  const graph = certificateGraph(inspection, await verifyDirectory({ directory, now }));
  const text = await graphText(graph, format, { ascii: !hasUtf8() });
  printTexts([text.trimEnd()]);
}

/** Whether the locale has more than ASCII, by the variables in the order in which POSIX has them. */
function hasUtf8({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv = process.env): boolean {
  return /utf-?8/i.test([LC_ALL, LC_CTYPE, LANG].find(Boolean) ?? '');
}
