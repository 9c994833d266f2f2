/** The flags below were tried with the Node versions up to this one: V8 complains on stderr of those that it does not know. */
const NEWEST_TRIED = 26;

/**
 * Keeps the heap small in a run that makes certificates: of thousands, nearly all of what it takes is garbage that V8 has not collected yet.
 * The space for new objects stays as small as it is at the start, and the heap grows by a quarter of what is alive.
 */
export async function keepHeapSmall(): Promise<void> {
  if (Number.parseInt(process.versions.node, 10) > NEWEST_TRIED) return;
  const { setFlagsFromString } = await import('node:v8'); // late: a preview does without
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=25');
}
